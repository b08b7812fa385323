"""What each row of an owner's stack is for: which service's, which zone's, which part of the network.

Told by what refers to a row, then by what it is called; the construct path comes last, for a person may have
renamed a construct. Where two rows could be one thing, neither is.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from imports.sources.cloudformation.containers import kebab, names_of_task, own_container, ports
from imports.sources.cloudformation.own_objects import is_named, is_platforms
from imports.sources.cloudformation.owners_stack import OwnersRow, OwnersStack
from imports.sources.cloudformation.references import referred, texts

_INGRESS: Final = "AWS::EC2::SecurityGroupIngress"


@dataclass(frozen=True, kw_only=True)
class Roles:
    """The part of the platform that rows stand for, by logical id: `hasura`, `public_0`, `database`.

    `ambiguous` are rows that might be what another one is too.
    """

    of: Mapping[str, str]
    ambiguous: frozenset[str] = field(default_factory=frozenset)


def roles(stack: OwnersStack, *, services: Iterable[str], secrets: Mapping[str, str]) -> Roles:
    """Return what the rows stand for; a row that nothing tells of is left out.

    `secrets` gives our name of a secret by the one that the guide gives it.
    """
    finder = _Finder(stack, frozenset(services), secrets)
    found = {
        logical_id: role
        for logical_id, row in stack.rows.items()
        if (role := finder.role(row)) is not None
    }
    counts = Counter((stack.rows[logical_id].type, role) for logical_id, role in found.items())
    double = frozenset(
        logical_id
        for logical_id, role in found.items()
        if counts[stack.rows[logical_id].type, role] > 1
        and stack.rows[logical_id].type not in _MANY
    )
    own = {logical_id for logical_id in double if finder.is_own(stack.rows[logical_id])}
    sure = Counter((stack.rows[logical_id].type, found[logical_id]) for logical_id in own)
    settled = {each for each in double if sure[stack.rows[each].type, found[each]] == 1}
    left = double - (settled & own)
    return Roles(
        of={logical_id: role for logical_id, role in found.items() if logical_id not in left},
        ambiguous=double - settled,
    )


_ONLY_ONE: Final = frozenset(
    {
        "AWS::EC2::InternetGateway",
        "AWS::EC2::VPC",
        "AWS::EC2::VPCGatewayAttachment",
        "AWS::ECS::Cluster",
        "AWS::ECS::ClusterCapacityProviderAssociations",
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "AWS::RDS::DBInstance",
        "AWS::RDS::DBSubnetGroup",
    }
)
# Of these a service has as many as it has callers, targets or values.
_MANY: Final = frozenset(
    {
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        "AWS::EC2::Route",
        "AWS::ECS::TaskDefinition",
    }
)


class _Finder:
    def __init__(
        self, stack: OwnersStack, services: frozenset[str], secrets: Mapping[str, str]
    ) -> None:
        self._rows = stack.rows
        self._services = services
        self._secrets = secrets
        self._tables = self._tiers_of_tables()
        self._subnets = self._names_of_subnets()
        self._by_type: Mapping[str, Callable[[OwnersRow], str | None]] = {
            "AWS::EC2::Subnet": lambda row: self._subnets.get(row.logical_id),
            "AWS::EC2::RouteTable": self._table,
            "AWS::EC2::Route": lambda row: self._of_referred(row, "RouteTableId"),
            "AWS::EC2::SubnetRouteTableAssociation": lambda row: self._of_referred(row, "SubnetId"),
            "AWS::EC2::EIP": self._address,
            "AWS::EC2::NatGateway": self._gateway,
            "AWS::EC2::SecurityGroup": self._group,
            _INGRESS: self._ingress,
            "AWS::ECS::TaskDefinition": self._task,
            "AWS::ECS::Service": lambda row: self._of_referred(row, "TaskDefinition"),
            "AWS::Logs::LogGroup": self._log_group,
            "AWS::ElasticLoadBalancingV2::TargetGroup": self._target_group,
            "AWS::ElasticLoadBalancingV2::ListenerRule": lambda row: self._of_referred(
                row, "Actions"
            ),
            "AWS::ElasticLoadBalancingV2::Listener": self._listener,
            "AWS::ApplicationAutoScaling::ScalableTarget": self._scaled,
            "AWS::ApplicationAutoScaling::ScalingPolicy": lambda row: self._of_referred(
                row, "ScalingTargetId"
            ),
            "AWS::ECR::Repository": self._repository,
            "AWS::SecretsManager::Secret": self._secret,
            "AWS::EFS::MountTarget": self._mount_target,
            "AWS::EFS::FileSystem": self._platforms,
            "AWS::EFS::AccessPoint": lambda row: self._of_referred(row, "FileSystemId"),
            "AWS::S3::Bucket": self._platforms,
            "AWS::S3::BucketPolicy": lambda row: self._of_referred(row, "Bucket"),
            "AWS::SNS::Topic": self._platforms,
            "AWS::SNS::Subscription": lambda row: self._of_referred(row, "TopicArn"),
        }

    def role(self, row: OwnersRow) -> str | None:
        """Return what a row stands for; "main" of a type of which the platform has one."""
        if row.type in _ONLY_ONE:
            return "main"
        find = self._by_type.get(row.type)
        return find(row) if find else None

    def _typed(self, type_: str) -> Iterable[OwnersRow]:
        return (row for row in self._rows.values() if row.type == type_)

    def _of_referred(self, row: OwnersRow, property_: str) -> str | None:
        for logical_id in referred(row.properties.get(property_)):
            target = self._rows.get(logical_id)
            found = self.role(target) if target else None
            if found is not None:
                return found
        return None

    def _known_service(self, *names: str) -> str | None:
        return next((name for name in names if name in self._services), None)

    def _by_path(self, row: OwnersRow, *endings: str) -> str | None:
        """Return the service that a construct's path names: `HasuraSG/Resource`."""
        parts = row.path.split("/")
        cut = [
            kebab(part.removesuffix(ending))
            for part in parts
            for ending in endings
            if part.endswith(ending) and part != ending
        ]
        return self._known_service(*cut)

    def _task(self, row: OwnersRow) -> str | None:
        return self._known_service(*names_of_task(row)) or self._by_path(row, "TaskDef")

    def is_own(self, row: OwnersRow) -> bool:
        """Return whether a row is surely the platform's: of a service's own container, or so named."""
        if row.type == "AWS::Logs::LogGroup":
            return any(
                row.logical_id in referred(own_container(task, self._task(task)))
                for task in self._typed("AWS::ECS::TaskDefinition")
            )
        if row.type != _INGRESS:
            return is_named(row)
        into = self._of_referred(row, "GroupId")
        return into is not None and any(
            row.properties.get("FromPort") in ports(own_container(task, into))
            for task in self._typed("AWS::ECS::TaskDefinition")
            if self._task(task) == into
        )

    def _users(self, logical_id: str, type_: str, property_: str) -> list[OwnersRow]:
        return [
            row
            for row in self._typed(type_)
            if logical_id in referred(row.properties.get(property_))
        ]

    def _of_users(self, row: OwnersRow, type_: str, property_: str) -> str | None:
        """Return what the one row that uses this one stands for."""
        found = {self.role(user) for user in self._users(row.logical_id, type_, property_)} - {None}
        return found.pop() if len(found) == 1 else None

    def _target_group(self, row: OwnersRow) -> str | None:
        return self._of_users(row, "AWS::ECS::Service", "LoadBalancers") or self._by_path(
            row, "TargetGroup"
        )

    def _log_group(self, row: OwnersRow) -> str | None:
        return self._of_users(
            row, "AWS::ECS::TaskDefinition", "ContainerDefinitions"
        ) or self._by_path(row, "LogGroup")

    def _scaled(self, row: OwnersRow) -> str | None:
        for logical_id in referred(row.properties.get("ResourceId")):
            target = self._rows.get(logical_id)
            if target is not None and target.type == "AWS::ECS::Service":
                return self.role(target)
        return None

    def _group(self, row: OwnersRow) -> str | None:
        for type_, property_, role in (
            ("AWS::ElasticLoadBalancingV2::LoadBalancer", "SecurityGroups", "load_balancer"),
            ("AWS::RDS::DBInstance", "VPCSecurityGroups", "database"),
            ("AWS::EFS::MountTarget", "SecurityGroups", "file_storage"),
        ):
            if self._users(row.logical_id, type_, property_):
                return role
        return self._of_users(row, "AWS::ECS::Service", "NetworkConfiguration") or self._by_path(
            row, "SG", "SecurityGroup"
        )

    def _ingress(self, row: OwnersRow) -> str | None:
        into = self._of_referred(row, "GroupId")
        source = self._of_referred(row, "SourceSecurityGroupId")
        return f"{into}_from_{source}" if into and source else None

    def _tiers_of_tables(self) -> dict[str, str]:
        """Return whether the route of a table leads to a gateway of the internet, or to a NAT gateway."""
        return {
            table: "public" if "GatewayId" in row.properties else "private"
            for row in self._typed("AWS::EC2::Route")
            for table in referred(row.properties.get("RouteTableId"))
        }

    def _names_of_subnets(self) -> dict[str, str]:
        """Return `public_0` and so on, in the order of the zones."""
        tiers: dict[str, list[tuple[object, str]]] = {}
        for row in self._typed("AWS::EC2::SubnetRouteTableAssociation"):
            for subnet in referred(row.properties.get("SubnetId")):
                for table in referred(row.properties.get("RouteTableId")):
                    tier, known = self._tables.get(table), self._rows.get(subnet)
                    if tier and known:
                        tiers.setdefault(tier, []).append((_zone(known), subnet))
        return {
            subnet: f"{tier}_{index}"
            for tier, found in tiers.items()
            for index, (_, subnet) in enumerate(sorted(found, key=str))
        }

    def _table(self, row: OwnersRow) -> str | None:
        for use in self._users(
            row.logical_id, "AWS::EC2::SubnetRouteTableAssociation", "RouteTableId"
        ):
            role = self._of_referred(use, "SubnetId")
            if role:
                # The platform's public subnets share one table.
                return "public" if role == "public_0" else role
        return None

    def _gateway(self, row: OwnersRow) -> str | None:
        for subnet in referred(row.properties.get("SubnetId")):
            name = self._subnets.get(subnet)
            if name and name.startswith("public_"):
                return f"nat_{name.removeprefix('public_')}"
        return None

    def _address(self, row: OwnersRow) -> str | None:
        return self._of_users(row, "AWS::EC2::NatGateway", "AllocationId")

    def _platforms(self, row: OwnersRow) -> str | None:
        return "main" if is_platforms(row, self._rows) else None

    def _mount_target(self, row: OwnersRow) -> str | None:
        if self._of_referred(row, "FileSystemId") is None:
            return None
        for subnet in referred(row.properties.get("SubnetId")):
            name = self._subnets.get(subnet)
            if name and name.startswith("private_"):
                return f"lancedb_{name.removeprefix('private_')}"
        return None

    def _listener(self, row: OwnersRow) -> str | None:
        port = str(row.properties.get("Port", ""))
        return {"80": "http", "443": "https"}.get(port)

    def _repository(self, row: OwnersRow) -> str | None:
        name = "".join(texts(row.properties.get("RepositoryName")))
        return self._known_service(name.removeprefix("atomic-")) or self._by_path(row, "Repository")

    def _secret(self, row: OwnersRow) -> str | None:
        users = self._users(
            row.logical_id, "AWS::SecretsManager::SecretTargetAttachment", "SecretId"
        )
        if users:
            return "rds-master-credentials"
        named = "".join(texts(row.properties.get("Name"))).rpartition("/")[2]
        return self._secrets.get(named) or self._secrets.get(row.path.split("/")[0])


def _zone(subnet: OwnersRow) -> object:
    """Return what puts a subnet's zone in order: the number that a template selects by, else its name."""
    zone = subnet.properties.get("AvailabilityZone")
    selected = zone.get("Fn::Select") if isinstance(zone, Mapping) else None
    if isinstance(selected, list) and selected:
        return selected[0]
    return zone or subnet.logical_id
