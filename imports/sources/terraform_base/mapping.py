"""What becomes of each legacy resource: its address here, or why it is let go.

The addresses on the right are those of `modules/`. What is not named here is the user's own, and stays
in the legacy state.
"""

from collections.abc import Mapping

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

# Legacy `TYPE.NAME` -> why it is forgotten without being adopted.
RELEASED: Mapping[str, str] = {
    **{
        f"aws_secretsmanager_secret_version.{name}_version": _ONLY_A_VALUE
        for name in (
            "db_credentials",
            "hasura_admin_secret",
            "api_token_secret",
            "openai_api_key_secret",
            "supertokens_db_conn_string_secret",
            "hasura_db_conn_string_secret",
            "optaplanner_db_conn_string_secret",
            "hasura_jwt_secret",
        )
    },
    **{
        f"random_password.{name}": _NOT_IN_AWS
        for name in ("db_master_password", "hasura_admin_password", "api_token")
    },
}


def new_address(*, type_: str, name: str, index: int | str | None, module: str) -> str | None:
    """Our address of a legacy resource instance; None for one that is not adopted."""
    ours = ADOPTED.get(f"{type_}.{name}") if not module else None
    if ours is None or isinstance(index, str):
        return None
    return f"{type_}.{ours}" if index is None else f"{type_}.{ours}_{index}"


def release_reason(*, type_: str, name: str, module: str) -> str | None:
    """Why a legacy resource is forgotten without being adopted; None when it is not to be."""
    return None if module else RELEASED.get(f"{type_}.{name}")
