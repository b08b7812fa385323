"""What there is to see of the database beside its metrics: its logs, and its operating system's state."""

from collections.abc import Sequence
from typing import Literal

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from constructs import Construct

from modules.base.address import address
from modules.base.partition import arn
from modules.context import Context
from modules.security import policies
from modules.security.roles import role

_MONITORING_POLICY = "iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"


class DatabaseWatch(Construct):
    """The log groups that RDS writes to, and the role with which it measures the operating system.

    RDS makes missing log groups itself, but they would never expire and outlive the database. Those of an
    adopted database are there.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        kind: Literal["instance", "cluster"],
        logs: Sequence[str],
        monitored: bool,
        has_log_groups: bool,
    ) -> None:
        super().__init__(scope, id_)
        self.log_groups: list[CloudwatchLogGroup] = [
            address(f"database_{log}", CloudwatchLogGroup)(
                self,
                f"{log}_log_group",
                name=context.names.database_log_group(kind, log),
                retention_in_days=context.log_retention_days,
                kms_key_id=context.key_arn,
                skip_destroy=context.retain_data,
            )
            for log in ([] if has_log_groups else logs)
        ]
        self.role_arn: str | None = None
        # RDS tries at once whether it may write to the logs, and whether the role serves.
        self.ready: list[ITerraformDependable] = list(self.log_groups)
        if monitored:
            self._let_rds_measure(context)

    def _let_rds_measure(self, context: Context) -> None:
        measures = role(
            self,
            "role",
            "database_monitoring",
            name=context.names.database_monitoring_role,
            trust=policies.assumed_by("monitoring.rds", context.account_id),
            description="What RDS may do to measure the database's operating system",
        )
        attachment = address("database_monitoring", IamRolePolicyAttachment)(
            self,
            "policy",
            role=measures.name,
            policy_arn=arn(context.region, _MONITORING_POLICY),
        )
        self.role_arn = measures.arn
        self.ready.append(attachment)
