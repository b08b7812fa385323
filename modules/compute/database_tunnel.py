"""The task that an operator's own client reaches the database through, started for one session."""

import json

from cdktf_cdktf_provider_aws.ecs_task_definition import (
    EcsTaskDefinition,
    EcsTaskDefinitionRuntimePlatform,
)
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from constructs import Construct

from modules.base.address import address
from modules.compute.database_task import where_it_runs
from modules.compute.mirror import Mirror
from modules.context import Context
from modules.network.network import AnyNetwork
from modules.security import policies
from modules.settings import stage_settings as s
from modules.settings.services import DATABASE_TUNNEL

# It ends by itself, should nobody be left to stop it.
_LONGEST_SECONDS = 8 * 3600


class DatabaseTunnel(Construct):
    """A container that sleeps: Session Manager forwards connections from it to the database.

    It holds no secret and has no log; all it may do is to open sessions. It runs in the security group of a
    service that uses the database.
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
    ) -> None:
        super().__init__(scope, id_)
        names = context.names
        role = address(
            f"{DATABASE_TUNNEL}_task",
            IamRole(
                self,
                "task",
                name=names.task_role(DATABASE_TUNNEL),
                description="What the task may do that connections to the database go through",
                assume_role_policy=json.dumps(policies.tasks_assume_role(context.account_id)),
            ),
        )
        address(
            f"{DATABASE_TUNNEL}_task",
            IamRolePolicy(
                self,
                "task_policy",
                name="task",
                role=role.name,
                policy=json.dumps(policies.document(policies.session_statements())),
            ),
        )
        execution = self._execution(context, mirror, settings.client_image)
        definition = {
            "name": DATABASE_TUNNEL,
            "image": mirror.image(settings.client_image),
            "essential": True,
            # Nobody: ECS' agent is root by itself.
            "user": "65534:65534",
            "entryPoint": ["sleep"],
            "command": [str(_LONGEST_SECONDS)],
            "linuxParameters": {"initProcessEnabled": True},
            "dockerLabels": where_it_runs(network, security_group),
        }
        address(
            DATABASE_TUNNEL,
            EcsTaskDefinition(
                self,
                "task_definition",
                family=names.service(DATABASE_TUNNEL),
                requires_compatibilities=["FARGATE"],
                network_mode="awsvpc",
                cpu="256",
                memory="512",
                runtime_platform=EcsTaskDefinitionRuntimePlatform(
                    operating_system_family="LINUX", cpu_architecture="X86_64"
                ),
                task_role_arn=role.arn,
                execution_role_arn=execution.arn if execution else None,
                skip_destroy=True,
                container_definitions=json.dumps([definition]),
            ),
        )

    def _execution(self, context: Context, mirror: Mirror, image: str) -> IamRole | None:
        """Let ECS pull the image, where it is in the stage's own registry: a public one asks for no role."""
        repository_arns = mirror.repository_arns([image])
        if not repository_arns:
            return None
        role = address(
            f"{DATABASE_TUNNEL}_execution",
            IamRole(
                self,
                "execution",
                name=context.names.execution_role(DATABASE_TUNNEL),
                description="What ECS may do to start the task that connections go through",
                assume_role_policy=json.dumps(policies.tasks_assume_role(context.account_id)),
            ),
        )
        address(
            f"{DATABASE_TUNNEL}_execution",
            IamRolePolicy(
                self,
                "execution_policy",
                name="execution",
                role=role.name,
                policy=json.dumps(policies.document(policies.pull_statements(repository_arns))),
            ),
        )
        return role
