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

from modules.address import address
from modules.naming import Names
from modules.network import EVERYWHERE, Network
from modules.services import Service

POSTGRES_PORT = 5432
NFS_PORT = 2049


class SecurityGroups(Construct):
    """The security groups of one stage: load balancer, database, file storage, and one per service."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        services: Mapping[str, Service],
        names: Names,
        network: Network,
    ) -> None:
        super().__init__(scope, id_)
        self._names = names
        self._network = network

        self.load_balancer = self._group(
            "load_balancer",
            "alb-sg",
            "Load balancer: HTTP and HTTPS from anywhere",
            ingress=[
                SecurityGroupIngress(
                    description=f"{label} from anywhere",
                    protocol="tcp",
                    from_port=port,
                    to_port=port,
                    cidr_blocks=[EVERYWHERE],
                )
                for label, port in (("HTTP", 80), ("HTTPS", 443))
            ],
            egress=[
                SecurityGroupEgress(
                    description="To the services",
                    protocol="-1",
                    from_port=0,
                    to_port=0,
                    cidr_blocks=[EVERYWHERE],
                )
            ],
        )
        self.services: dict[str, SecurityGroup] = {
            name: self._group(name, f"{name}-sg", f"Tasks of {name}") for name in services
        }
        self.database = self._group(
            "database",
            "rds-sg",
            "Database: PostgreSQL from the services that use it",
            ingress=self._from_services(
                [name for name, service in services.items() if service.uses_database],
                POSTGRES_PORT,
            ),
        )
        self.file_storage = self._group(
            "file_storage",
            "efs-sg",
            "LanceDB file system: NFS from the services that mount it",
            ingress=self._from_services(
                [name for name, service in services.items() if service.uses_file_storage],
                NFS_PORT,
            ),
        )
        for name, service in services.items():
            self._service_rules(name, service, services)

    def _group(
        self,
        name: str,
        suffix: str,
        description: str,
        *,
        ingress: Sequence[SecurityGroupIngress] | None = None,
        egress: Sequence[SecurityGroupEgress] | None = None,
    ) -> SecurityGroup:
        return address(
            name,
            SecurityGroup(
                self,
                name,
                name=self._names(suffix),
                description=description,
                vpc_id=self._network.vpc.id,
                ingress=ingress,
                egress=egress,
                tags={"Name": self._names(suffix)},
            ),
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

    def _service_rules(self, name: str, service: Service, services: Mapping[str, Service]) -> None:
        sources = {
            caller: self.services[caller]
            for caller, other in services.items()
            if name in other.calls
        }
        if service.path:
            sources["load_balancer"] = self.load_balancer
        for source, group in sources.items():
            rule = f"{name}_from_{source}"
            address(
                rule,
                VpcSecurityGroupIngressRule(
                    self,
                    rule,
                    security_group_id=self.services[name].id,
                    referenced_security_group_id=group.id,
                    description=f"From {source}",
                    ip_protocol="tcp",
                    from_port=service.port,
                    to_port=service.port,
                ),
            )
        address(
            f"{name}_to_anywhere",
            VpcSecurityGroupEgressRule(
                self,
                f"{name}_to_anywhere",
                security_group_id=self.services[name].id,
                cidr_ipv4=EVERYWHERE,
                description="To anywhere: registries, Secrets Manager, other services, third parties",
                ip_protocol="-1",
            ),
        )
