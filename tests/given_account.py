"""An account that the rules of the embedded AWS can ask, of plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.validation.account import Account, Subnet


@dataclass(frozen=True, kw_only=True)
class GivenAccount(Account):
    """An account with what is given."""

    region: str = "us-east-1"
    subnets: Mapping[str, Subnet] = field(default_factory=dict)
    vpc_of: Mapping[str, str] = field(default_factory=dict)
    naming: Mapping[str, Sequence[str]] = field(default_factory=dict)
    without_gateway: frozenset[str] = frozenset()
    certificates: Mapping[str, str] = field(default_factory=dict)
    repositories: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    secrets: Mapping[str, str] = field(default_factory=dict)
    tags_of_aws: Mapping[str, str] = field(default_factory=dict)
    tasks: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    def subnet(self, subnet_id: str) -> Subnet | None:
        return self.subnets.get(subnet_id)

    def has_internet_gateway(self, vpc_id: str) -> bool:
        return vpc_id not in self.without_gateway

    def vpc_of_group(self, group_id: str) -> str | None:
        return self.vpc_of.get(group_id)

    def groups_naming(self, group_id: str) -> Sequence[str]:
        return self.naming.get(group_id, ())

    def certificate_status(self, arn: str) -> str | None:
        return self.certificates.get(arn)

    def has_repository(self, name: str, **_place: str) -> bool:
        return name in self.repositories

    def has_role(self, arn: str) -> bool:
        return arn in self.roles

    def secret_text(self, name_or_arn: str) -> str | None:
        return self.secrets.get(name_or_arn)

    def containers(self, task_definition: str) -> Sequence[Mapping[str, Any]] | None:
        return self.tasks.get(task_definition)

    def system_tags(self, _call: str, _params: Mapping[str, Any], /) -> Mapping[str, str]:
        return self.tags_of_aws
