"""The two IAM roles of a service."""

import json

from cdktf_cdktf_provider_aws.iam_role import IamRole
from constructs import Construct

from modules.base.address import address
from modules.base.naming import Names
from modules.security import policies


class ServiceRoles(Construct):
    """The task role (what the application may do) and the execution role (what ECS may do to start it)."""

    def __init__(
        self, scope: Construct, id_: str, *, service: str, account_id: str, names: Names
    ) -> None:
        super().__init__(scope, id_)
        trust = json.dumps(policies.tasks_assume_role(account_id))
        self.task = address(
            f"{service}_task",
            IamRole(
                self,
                "task",
                name=names(f"{service}-task-role"),
                description=f"What {service} may do",
                assume_role_policy=trust,
            ),
        )
        self.execution = address(
            f"{service}_execution",
            IamRole(
                self,
                "execution",
                name=names(f"{service}-execution-role"),
                description=f"What ECS may do to start {service}",
                assume_role_policy=trust,
            ),
        )
