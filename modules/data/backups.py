"""Daily backups of what cannot be built anew, apart from what they back up."""

from collections.abc import Sequence

from cdktf_cdktf_provider_aws.backup_plan import (
    BackupPlan,
    BackupPlanRule,
    BackupPlanRuleLifecycle,
)
from cdktf_cdktf_provider_aws.backup_selection import BackupSelection
from cdktf_cdktf_provider_aws.backup_vault import BackupVault
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from constructs import Construct

from modules.base.address import address
from modules.base.partition import arn
from modules.context import Context
from modules.security import policies
from modules.security.roles import role
from modules.settings.windows import START_WINDOW

_MANAGED_POLICIES = {
    "backup": "iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup",
    "restore": "iam::aws:policy/service-role/AWSBackupServiceRolePolicyForRestores",
}
# Where nothing is said, Terraform's provider has a backup cancelled after three hours, AWS itself after seven
# days. The first copy of a large file system takes longer than three hours; a day later the next one begins.
# https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupRuleInput.html
_COMPLETION_WINDOW = 23 * 60


class Backups(Construct):
    """A vault, a daily plan, and the role that AWS Backup takes on to back up and to restore."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        schedule: str,
        retention_days: int,
        resource_arns: Sequence[str],
    ) -> None:
        super().__init__(scope, id_)
        self.vault = context.guard.address("main", BackupVault)(
            self,
            "vault",
            name=context.names.backup_vault,
            kms_key_arn=context.key_arn,
            force_destroy=not context.retain_data,
        )
        backs_up = role(
            self,
            "role",
            "backups",
            name=context.names.backup_role,
            trust=policies.assumed_by("backup"),
            description="What AWS Backup may do to back up and restore",
        )
        attachments = [
            address(f"backups_{kind}", IamRolePolicyAttachment)(
                self,
                f"{kind}_policy",
                role=backs_up.name,
                policy_arn=arn(context.region, policy),
            )
            for kind, policy in _MANAGED_POLICIES.items()
        ]
        plan = address("main", BackupPlan)(
            self,
            "plan",
            name=context.names.backup_plan,
            rule=[
                BackupPlanRule(
                    rule_name="daily",
                    target_vault_name=self.vault.name,
                    schedule=schedule,
                    schedule_expression_timezone=(
                        None if context.time_zone == "UTC" else context.time_zone
                    ),
                    # Its default is eight hours, some of which are the database's own windows.
                    start_window=START_WINDOW,
                    completion_window=_COMPLETION_WINDOW,
                    lifecycle=BackupPlanRuleLifecycle(delete_after=retention_days),
                )
            ],
        )
        address("main", BackupSelection)(
            self,
            "selection",
            name=context.names.backup_selection,
            plan_id=plan.id,
            iam_role_arn=backs_up.arn,
            resources=list(resource_arns),
            depends_on=attachments,
        )
