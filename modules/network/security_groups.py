"""Who may reach whom. What no rule here names is closed.

The shared groups (load balancer, database, file storage) hold their rules inline, which makes them
exclusive: a rule that somebody adds by hand shows as a change. Services name each other, perhaps in a
circle, so their rules are resources of their own.
"""

from collections.abc import Mapping, Sequence

from cdktf_cdktf_provider_aws.security_group import (
    SecurityGroup,
    SecurityGroupEgress,
    SecurityGroupIngress,
)
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import (
    VpcSecurityGroupEgressRule,
)
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import (
    VpcSecurityGroupIngressRule,
)
from constructs import Construct

from modules.base.address import address
from modules.context import Context
from modules.network.network import EVERYWHERE, AnyNetwork
from modules.settings.services import (
    HTTPS_PORT,
    KAFKA_PORTS,
    NFS_PORT,
    POSTGRES_PORT,
    Service,
)


class SecurityGroups(Construct):
    """The security groups of one stage: load balancer, database, file storage, and one per service."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        services: Mapping[str, Service],
        left_out: Sequence[Service],
        kafka: bool,
        behind_cloudfront: bool,
        network: AnyNetwork,
    ) -> None:
        super().__init__(scope, id_)
        self._names = context.names
        self._network = network

        self.load_balancer = self._group(
            "load_balancer",
            "alb",
            # It stays whatever the rules say: with another one AWS wants another group.
            "Load balancer: HTTP and HTTPS from anywhere",
            ingress=(
                [self._from_cloudfront()]
                if behind_cloudfront
                else [
                    SecurityGroupIngress(
                        description=f"{label} from anywhere",
                        protocol="tcp",
                        from_port=port,
                        to_port=port,
                        cidr_blocks=[EVERYWHERE],
                    )
                    for label, port in (("HTTP", 80), ("HTTPS", 443))
                ]
            ),
            egress=[
                SecurityGroupEgress(
                    # Not the services' groups by name: one that goes could not be deleted before its rule.
                    description="To the services",
                    protocol="tcp",
                    from_port=1,
                    to_port=65535,
                    cidr_blocks=[network.vpc.cidr_block],
                )
            ],
        )
        self.services: dict[str, SecurityGroup] = {
            name: self._group(name, name, f"Tasks of {name}") for name in services
        }
        for row in left_out:
            # AWS deletes no group that the database's names, and Terraform would ask it to before it changes
            # that one: an empty group stays until the row lets go of the data too.
            if row.uses_database or row.uses_file_storage:
                self._group(row.name, row.name, f"Tasks of {row.name}")
        self.database = self._group(
            "database",
            "rds",
            "Database: PostgreSQL from the services that use it",
            ingress=self._from_services(
                [name for name, service in services.items() if service.uses_database],
                POSTGRES_PORT,
            ),
        )
        self.file_storage = self._group(
            "file_storage",
            "efs",
            "LanceDB file system: NFS from the services that mount it",
            ingress=self._from_services(
                [name for name, service in services.items() if service.uses_file_storage],
                NFS_PORT,
            ),
        )
        for name, service in services.items():
            self._ingress_rules(name, service, services)
            self._egress_rules(name, service, services, kafka=kafka)

    def _from_cloudfront(self) -> SecurityGroupIngress:
        """Let CloudFront in, anybody's: AWS tells its addresses, not whose distribution sends.

        The list counts for 55 of the 60 rules that a group may have: one port of it fits, and two do not.
        https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html
        """
        # Only now: no other stage waits for its import.
        from cdktf_cdktf_provider_aws.data_aws_ec2_managed_prefix_list import (  # noqa: PLC0415
            DataAwsEc2ManagedPrefixList,
        )

        addresses = address("cloudfront", DataAwsEc2ManagedPrefixList)(
            self, "cloudfront", name="com.amazonaws.global.cloudfront.origin-facing"
        )
        return SecurityGroupIngress(
            description="HTTPS from CloudFront",
            protocol="tcp",
            from_port=HTTPS_PORT,
            to_port=HTTPS_PORT,
            prefix_list_ids=[addresses.id],
        )

    def _group(
        self,
        name: str,
        label: str,
        description: str,
        *,
        ingress: Sequence[SecurityGroupIngress] | None = None,
        egress: Sequence[SecurityGroupEgress] | None = None,
    ) -> SecurityGroup:
        return address(name, SecurityGroup)(
            self,
            name,
            name=self._names.security_group(label),
            description=description,
            vpc_id=self._network.vpc.id,
            ingress=ingress,
            egress=egress,
            tags={"Name": self._names.security_group(label)},
        )

    def _from_services(self, callers: Sequence[str], port: int) -> list[SecurityGroupIngress]:
        return [
            SecurityGroupIngress(
                description=f"From {caller}",
                protocol="tcp",
                from_port=port,
                to_port=port,
                security_groups=[self.services[caller].id],
            )
            for caller in callers
        ]

    def _ingress_rules(self, name: str, service: Service, services: Mapping[str, Service]) -> None:
        sources = {
            caller: (self.services[caller], service.port)
            for caller, other in services.items()
            if name in other.calls
        }
        if service.routed:
            sources["load_balancer"] = (self.load_balancer, service.routed_port)
        for source, (group, port) in sources.items():
            rule = f"{name}_from_{source}"
            address(rule, VpcSecurityGroupIngressRule)(
                self,
                rule,
                security_group_id=self.services[name].id,
                referenced_security_group_id=group.id,
                description=f"From {source}",
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
            )

    def _egress_rules(
        self, name: str, service: Service, services: Mapping[str, Service], *, kafka: bool
    ) -> None:
        """To what the row names, and to port 443 anywhere: registries, AWS's own services, third parties.

        DNS needs no rule: AWS's resolver is outside of what security groups filter.
        """
        for called in service.calls:
            self._to_group(name, f"calls_{called}", self.services[called], services[called].port)
        if service.uses_database:
            self._to_group(name, "to_database", self.database, POSTGRES_PORT)
        if service.uses_file_storage:
            self._to_group(name, "to_file_storage", self.file_storage, NFS_PORT)
        self._to_anywhere(name, f"{name}_to_anywhere", HTTPS_PORT, HTTPS_PORT)
        for port in sorted({*service.outbound_ports} - {HTTPS_PORT}):
            self._to_anywhere(name, f"{name}_to_anywhere_{port}", port, port)
        for first, last in KAFKA_PORTS if kafka and service.uses_kafka else ():
            self._to_anywhere(name, f"{name}_to_kafka_{first}", first, last)

    def _to_group(self, name: str, target: str, group: SecurityGroup, port: int | None) -> None:
        rule = f"{name}_{target}"
        address(rule, VpcSecurityGroupEgressRule)(
            self,
            rule,
            security_group_id=self.services[name].id,
            referenced_security_group_id=group.id,
            description=target.replace("_", " ").capitalize(),
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
        )

    def _to_anywhere(self, name: str, rule: str, first_port: int, last_port: int) -> None:
        address(rule, VpcSecurityGroupEgressRule)(
            self,
            rule,
            security_group_id=self.services[name].id,
            cidr_ipv4=EVERYWHERE,
            description="To anywhere: registries, AWS, third parties",
            ip_protocol="tcp",
            from_port=first_port,
            to_port=last_port,
        )
