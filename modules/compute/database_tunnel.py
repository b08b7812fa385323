"""The task that an operator's own client reaches the database through, started for one session."""

from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from constructs import Construct

from modules.compute.database_task import operators_task, where_it_runs
from modules.compute.mirror import Mirror
from modules.context import Context
from modules.network.network import AnyNetwork
from modules.security import policies
from modules.security.roles import allow, role
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
        label = f"{DATABASE_TUNNEL}_task"
        task = role(
            self,
            "task",
            label,
            name=context.names.task_role(DATABASE_TUNNEL),
            trust=policies.assumed_by("ecs-tasks", context.account_id),
            description="What the task may do that connections to the database go through",
        )
        sessions = policies.session_statements()
        allow(self, "task_policy", label, role=task, name="task", statements=sessions)
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
        operators_task(
            self,
            DATABASE_TUNNEL,
            context=context,
            definitions=[definition],
            execution=execution,
            task=task,
        )

    def _execution(self, context: Context, mirror: Mirror, image: str) -> IamRole | None:
        """Let ECS pull the image, where it is in the stage's own registry: a public one asks for no role."""
        repository_arns = mirror.repository_arns([image])
        if not repository_arns:
            return None
        label = f"{DATABASE_TUNNEL}_execution"
        execution = role(
            self,
            "execution",
            label,
            name=context.names.execution_role(DATABASE_TUNNEL),
            trust=policies.assumed_by("ecs-tasks", context.account_id),
            description="What ECS may do to start the task that connections go through",
        )
        pulls = policies.pull_statements(repository_arns)
        allow(self, "execution_policy", label, role=execution, name="execution", statements=pulls)
        return execution
