"""The two IAM roles of a service."""

import json

from cdktf_cdktf_provider_aws.iam_role import IamRole
from constructs import Construct

from modules.base.address import address
from modules.context import Context
from modules.security import policies


class ServiceRoles(Construct):
    """The task role (what the application may do) and the execution role (what ECS may do to start it)."""

    def __init__(self, scope: Construct, id_: str, *, context: Context, service: str) -> None:
        super().__init__(scope, id_)
        trust = json.dumps(policies.tasks_assume_role(context.account_id))
        self.task = address(
            f"{service}_task",
            IamRole(
                self,
                "task",
                name=context.names.task_role(service),
                description=f"What {service} may do",
                assume_role_policy=trust,
            ),
        )
        self.execution = address(
            f"{service}_execution",
            IamRole(
                self,
                "execution",
                name=context.names.execution_role(service),
                description=f"What ECS may do to start {service}",
                assume_role_policy=trust,
            ),
        )
