"""The task that runs SQL inside the stage, once, when the operator asks: it is not a service."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.ecs_task_definition import (
    EcsTaskDefinition,
    EcsTaskDefinitionRuntimePlatform,
    EcsTaskDefinitionVolume,
)
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from constructs import Construct

from modules.base.address import address
from modules.compute.authorities import FILE, VOLUME, authorities, with_authorities
from modules.compute.containers import awslogs, secret_value_from
from modules.compute.mirror import Mirror
from modules.context import Context
from modules.data.database import Database
from modules.network.network import AnyNetwork
from modules.security import key_policy, policies
from modules.security.roles import allow, role
from modules.security.secret_store import SecretStore
from modules.settings import stage_settings as s
from modules.settings.secrets import MASTER_CREDENTIALS, SecretRef
from modules.settings.services import DATABASE_TASK, TASK_GROUPS, TASK_PUBLIC, TASK_SUBNETS


class DatabaseTask(Construct):
    """psql as the master user, over verified TLS. It has no permission in AWS but to be started.

    It runs in the security group of a service that uses the database, which lets it reach what it needs.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        settings: s.Database,
        network: AnyNetwork,
        mirror: Mirror,
        security_group: SecurityGroup,
        secrets: SecretStore,
        database: Database,
    ) -> None:
        super().__init__(scope, id_)
        region, names = context.region, context.names
        log_group = address(DATABASE_TASK, CloudwatchLogGroup)(
            self,
            "log_group",
            name=names.log_group(DATABASE_TASK),
            retention_in_days=context.log_retention_days,
            kms_key_id=context.key_arn,
            skip_destroy=context.retain_data,
        )
        execution = role(
            self,
            "execution",
            f"{DATABASE_TASK}_execution",
            name=names.execution_role(DATABASE_TASK),
            trust=policies.assumed_by("ecs-tasks", context.account_id),
            description="What ECS may do to start the task that runs SQL",
        )
        pem = authorities(region)
        images = [settings.client_image, *([settings.authorities_image] if pem else [])]
        statements = [
            *policies.execution_statements(
                log_group_arn=log_group.arn,
                secret_arns=[secrets.arns[MASTER_CREDENTIALS]],
                repository_arns=mirror.repository_arns(images),
            ),
            *(key_policy.read_secrets(context.key_arn, region) if context.key_arn else []),
        ]
        allow(
            self,
            "execution_policy",
            f"{DATABASE_TASK}_execution",
            role=execution,
            name="execution",
            statements=statements,
        )
        environment = {
            "PGHOST": database.host,
            "PGPORT": str(database.port),
            "PGDATABASE": settings.name,
            **(
                {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": FILE}
                if pem
                else {"PGSSLMODE": "require"}
            ),
        }
        master = {
            variable: secret_value_from(SecretRef(name=MASTER_CREDENTIALS, key=key), secrets.arns)
            for variable, key in (("PGPASSWORD", "password"), ("PGUSER", "username"))
        }
        definition = {
            "name": DATABASE_TASK,
            "image": mirror.image(settings.client_image),
            "essential": True,
            "entryPoint": ["sh", "-c"],
            "command": ["echo 'started by `python -m ops database apply` alone'"],
            "environment": [
                {"name": name, "value": value} for name, value in sorted(environment.items())
            ],
            "secrets": [{"name": name, "valueFrom": value} for name, value in master.items()],
            "dockerLabels": where_it_runs(network, security_group),
            "logConfiguration": awslogs(log_group.name, region, stream=DATABASE_TASK),
        }
        definitions = [definition]
        if pem:
            definitions = with_authorities(
                definitions, pem=pem, image=mirror.image(settings.authorities_image)
            )
        operators_task(
            self,
            DATABASE_TASK,
            context=context,
            definitions=definitions,
            execution=execution,
            volumes=[EcsTaskDefinitionVolume(name=VOLUME)] if pem else None,
        )


def operators_task(
    scope: Construct,
    name: str,
    *,
    context: Context,
    definitions: Sequence[Mapping[str, Any]],
    execution: IamRole | None,
    task: IamRole | None = None,
    volumes: Sequence[EcsTaskDefinitionVolume] | None = None,
) -> None:
    """Make the definition of a task that only an operator starts."""
    address(name, EcsTaskDefinition)(
        scope,
        "task_definition",
        family=context.names.service(name),
        requires_compatibilities=["FARGATE"],
        network_mode="awsvpc",
        cpu="256",
        memory="512",
        runtime_platform=EcsTaskDefinitionRuntimePlatform(
            operating_system_family="LINUX", cpu_architecture="X86_64"
        ),
        task_role_arn=task.arn if task else None,
        execution_role_arn=execution.arn if execution else None,
        # As those of the services: what runs by a revision refers to it.
        skip_destroy=True,
        container_definitions=json.dumps(definitions),
        volume=volumes,
    )


def where_it_runs(network: AnyNetwork, security_group: SecurityGroup) -> dict[str, str]:
    """Return labels of a task that no service stands beside."""
    return {
        TASK_SUBNETS: ",".join(subnet.id for subnet in network.task_subnets),
        TASK_GROUPS: security_group.id,
        TASK_PUBLIC: "ENABLED" if network.assign_public_ip else "DISABLED",
    }
