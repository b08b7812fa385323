"""What the legacy base has and the platform does without: kept for stages that adopted it.

Services of the platform have roles and security groups of their own. These shared ones stay until nothing
uses them any more. Names, texts and policies are those of the adopted objects: `imports.bind` puts them in
place of the ones here.
"""

import json

from cdktf_cdktf_provider_aws.iam_policy import IamPolicy
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from cdktf_cdktf_provider_aws.s3_bucket_versioning import (
    S3BucketVersioningA,
    S3BucketVersioningVersioningConfiguration,
)
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from constructs import Construct

from modules.base.address import address
from modules.base.partition import arn
from modules.context import Context
from modules.data.private_bucket import PrivateBucket
from modules.network.network import AnyNetwork
from modules.security import policies
from modules.security.roles import role

_EXECUTION_POLICY = "iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"


class LegacyBase(Construct):
    """The shared security groups and roles of the legacy base, and its bucket's versioning setting."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        network: AnyNetwork,
        bucket: PrivateBucket,
    ) -> None:
        super().__init__(scope, id_)
        for name, label in (("ecs_tasks", "ecs-tasks"), ("msk_client", "msk-client")):
            if context.is_adopted(SecurityGroup, name):
                address(name, SecurityGroup)(
                    self,
                    name,
                    name=context.names.security_group(label),
                    vpc_id=network.vpc.id,
                    tags={"Name": context.names.security_group(label)},
                )
        if context.is_adopted(S3BucketVersioningA, "data"):
            address("data", S3BucketVersioningA)(
                self,
                "bucket_versioning",
                bucket=bucket.bucket.id,
                versioning_configuration=S3BucketVersioningVersioningConfiguration(
                    status="Disabled"
                ),
            )
        if context.is_adopted(IamRole, "ecs_task_execution_role"):
            self._execution_role(context)
        if context.is_adopted(IamRole, "ecs_application_task_role"):
            self._task_role(context)

    def _execution_role(self, context: Context) -> None:
        role = self._role("ecs_task_execution_role", context)
        address("ecs_task_execution_role_policy", IamRolePolicyAttachment)(
            self,
            "ecs_task_execution_role_policy",
            role=role.name,
            policy_arn=arn(context.region, _EXECUTION_POLICY),
        )

    def _task_role(self, context: Context) -> None:
        role = self._role("ecs_application_task_role", context)
        policy = address("ecs_application_task_policy", IamPolicy)(
            self,
            "ecs_application_task_policy",
            name=context.names.shared_task_policy,
            policy=json.dumps(policies.document([])),
        )
        address("ecs_application_task_role_custom_policy", IamRolePolicyAttachment)(
            self,
            "ecs_application_task_role_custom_policy",
            role=role.name,
            policy_arn=policy.arn,
        )

    def _role(self, name: str, context: Context) -> IamRole:
        trust = policies.assumed_by("ecs-tasks", context.account_id)
        return role(self, name, name, name=context.names.shared_role(name), trust=trust)
