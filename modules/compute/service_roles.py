"""The two IAM roles of a service."""

from constructs import Construct

from modules.context import Context
from modules.security import policies
from modules.security.roles import role


class ServiceRoles(Construct):
    """The task role (what the application may do) and the execution role (what ECS may do to start it)."""

    def __init__(self, scope: Construct, id_: str, *, context: Context, service: str) -> None:
        super().__init__(scope, id_)
        trust = policies.assumed_by("ecs-tasks", context.account_id)
        self.task = role(
            self,
            "task",
            f"{service}_task",
            name=context.names.task_role(service),
            trust=trust,
            description=f"What {service} may do",
        )
        self.execution = role(
            self,
            "execution",
            f"{service}_execution",
            name=context.names.execution_role(service),
            trust=trust,
            description=f"What ECS may do to start {service}",
        )
