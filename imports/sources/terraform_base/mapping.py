"""What becomes of each legacy resource: its address here, or why it is released.

The addresses on the right are those of `modules/`. The base may be in a module, and its zones keyed by
name: what counts is what an object is, and its place among its like. What is not named here is the user's
own, and stays in the legacy state.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from imports.sources.terraform_base.planned import ConfiguredObject
from terraform.state import StateObject

Located: TypeAlias = StateObject | ConfiguredObject
"""An object of the old owner's, from the state or from the configuration."""

# Legacy `TYPE.NAME` -> our name; a counted instance gets its index: `public[0]` becomes `public_0`.
ADOPTED: Mapping[str, str] = {
    "aws_vpc.main": "main",
    "aws_subnet.public": "public",
    "aws_subnet.private": "private",
    "aws_internet_gateway.gw": "main",
    "aws_eip.nat": "nat",
    "aws_nat_gateway.nat": "nat",
    "aws_route_table.public": "public",
    "aws_route_table.private": "private",
    "aws_route_table_association.public": "public",
    "aws_route_table_association.private": "private",
    "aws_security_group.alb": "load_balancer",
    "aws_security_group.ecs_tasks": "ecs_tasks",
    "aws_security_group.rds": "database",
    "aws_security_group.msk_client": "msk_client",
    "aws_ecr_repository.app": "app",
    "aws_ecr_repository.functions": "functions",
    "aws_ecr_repository.handshake": "handshake",
    "aws_ecr_repository.oauth": "oauth",
    "aws_ecr_repository.optaplanner": "optaplanner",
    "aws_s3_bucket.data_bucket": "data",
    "aws_s3_bucket_versioning.data_bucket_versioning": "data",
    "aws_s3_bucket_public_access_block.data_bucket_public_access_block": "data",
    "aws_s3_bucket_server_side_encryption_configuration.data_bucket_sse_config": "data",
    "aws_iam_role.ecs_task_execution_role": "ecs_task_execution_role",
    "aws_iam_role.ecs_application_task_role": "ecs_application_task_role",
    "aws_iam_policy.ecs_application_task_policy": "ecs_application_task_policy",
    "aws_iam_role_policy_attachment.ecs_task_execution_role_policy": (
        "ecs_task_execution_role_policy"
    ),
    "aws_iam_role_policy_attachment.ecs_application_task_role_custom_policy": (
        "ecs_application_task_role_custom_policy"
    ),
    "aws_ecs_cluster.main": "main",
    "aws_db_subnet_group.default": "main",
    "aws_db_instance.main": "main",
    "aws_secretsmanager_secret.db_credentials": "rds_master_credentials",
    "aws_secretsmanager_secret.hasura_admin_secret": "hasura_admin_secret",
    "aws_secretsmanager_secret.api_token_secret": "api_token_secret",
    "aws_secretsmanager_secret.openai_api_key_secret": "openai_api_key",
    "aws_secretsmanager_secret.supertokens_db_conn_string_secret": "supertokens_db_conn_string",
    "aws_secretsmanager_secret.hasura_db_conn_string_secret": "hasura_db_conn_string",
    "aws_secretsmanager_secret.optaplanner_db_conn_string_secret": "optaplanner_db_conn_string",
    "aws_secretsmanager_secret.hasura_jwt_secret": "hasura_jwt_secret",
}

# What there is of each zone.
COUNTED: Final = frozenset({
    "aws_subnet.public", "aws_subnet.private", "aws_eip.nat", "aws_nat_gateway.nat",
    "aws_route_table.private", "aws_route_table_association.public",
    "aws_route_table_association.private",
})  # fmt: skip
# What the platform manages as a part of an adopted object, and the old tool as an object: of which type, and
# the attribute that names it. An apply or a destroy there would change it here.
PARTS: Final[Mapping[str, tuple[str, str]]] = {
    "aws_route": ("aws_route_table", "route_table_id"),
    "aws_secretsmanager_secret_version": ("aws_secretsmanager_secret", "secret_id"),
    **dict.fromkeys(
        (
            "aws_security_group_rule",
            "aws_vpc_security_group_egress_rule",
            "aws_vpc_security_group_ingress_rule",
        ),
        ("aws_security_group", "security_group_id"),
    ),
}
# A module with both is the base, and not somebody's network or database beside it.
_CORE: Final = frozenset({"aws_vpc.main", "aws_db_instance.main"})
_ADDRESS: Final = "aws_eip.nat"
_GATEWAY: Final = "aws_nat_gateway.nat"

# Our addresses of the roles that the base's services share, with their policies. No service of the platform
# uses them.
SHARED_ROLES: frozenset[str] = frozenset(
    f"{legacy.partition('.')[0]}.{ours}"
    for legacy, ours in ADOPTED.items()
    if legacy.startswith("aws_iam_")
)

_ONLY_A_VALUE = (
    "it holds only a secret value, which stays in Secrets Manager and must not enter the new state"
)
_NOT_IN_AWS = "it is no AWS object, only a password in the legacy state"

# What a password is drawn for.
_DRAWN_FOR: Final = {
    "db_master_password": "db_credentials",
    "hasura_admin_password": "hasura_admin_secret",
    "api_token": "api_token_secret",
}
_SECRET: Final = "aws_secretsmanager_secret"  # noqa: S105  # a type
# Legacy `TYPE.NAME` -> why it is forgotten without being adopted.
RELEASED: Mapping[str, str] = {
    **{
        f"{_SECRET}_version.{legacy.partition('.')[2]}_version": _ONLY_A_VALUE
        for legacy in ADOPTED
        if legacy.startswith(f"{_SECRET}.")
    },
    **{f"random_password.{name}": _NOT_IN_AWS for name in _DRAWN_FOR},
}


def secret_of_released(type_: str, legacy_address: str) -> str | None:
    """Return our address of the secret that a released resource is the value of; None for another."""
    name = legacy_address.rpartition(".")[2]
    if f"{type_}.{name}" not in RELEASED:
        return None
    secret = _DRAWN_FOR.get(name) or name.removesuffix("_version")
    return f"{_SECRET}.{ADOPTED[f'{_SECRET}.{secret}']}"


@dataclass(frozen=True, kw_only=True)
class Base:
    """Where in a folder the base is, and how its instances are keyed.

    `module` is the part of its addresses before the type, empty where the base is the folder itself.
    `keys` are the instances of each `TYPE.NAME` there, in their order.
    """

    module: str
    keys: Mapping[str, tuple[int | str | None, ...]]

    def address(self, item: Located) -> str | None:
        """Return our address of a legacy resource instance; None for one that is not adopted."""
        legacy = f"{item.type}.{item.name}"
        ours = ADOPTED.get(legacy) if item.module == self.module else None
        if ours is None or self.is_idle_address(item):
            return None
        keys = self.keys[legacy]
        if legacy in COUNTED:
            # Ours are counted by zone; theirs may be keyed by zone too, or be only one.
            place = item.index if isinstance(item.index, int) else keys.index(item.index)
            return f"{item.type}.{ours}_{place}"
        return f"{item.type}.{ours}" if len(keys) == 1 else None

    def is_idle_address(self, item: Located) -> bool:
        """Return whether it is an address of a base without a NAT gateway, as half an apply leaves it."""
        return f"{item.type}.{item.name}" == _ADDRESS and _GATEWAY not in self.keys

    def release_reason(self, item: Located) -> str | None:
        """Return why a legacy resource is forgotten without being adopted; None when it is not to be."""
        return RELEASED.get(f"{item.type}.{item.name}") if item.module == self.module else None


def find_base(objects: Iterable[Located]) -> Base:
    """Return where the base is: the folder itself, else the one module that holds network and database."""
    instances: dict[str, dict[str, list[int | str | None]]] = {}
    for item in objects:
        of_module = instances.setdefault(item.module, {})
        of_module.setdefault(f"{item.type}.{item.name}", []).append(item.index)
    here = instances.get("", {})
    whole = [module for module, held in instances.items() if held.keys() >= _CORE]
    module = whole[0] if len(whole) == 1 and not _CORE & here.keys() else ""
    keys = {
        legacy: tuple(sorted(found, key=lambda index: (str(type(index)), index or 0)))
        for legacy, found in instances.get(module, {}).items()
    }
    return Base(module=module, keys=keys)
