"""What there is to see of the database beside its metrics: its logs, and its operating system's state."""

import json
from collections.abc import Sequence
from typing import Literal

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from constructs import Construct

from modules.base.address import address
from modules.base.naming import Names
from modules.security import policies

_MONITORING_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"


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
        kind: Literal["instance", "cluster"],
        logs: Sequence[str],
        log_retention_days: int,
        monitored: bool,
        has_log_groups: bool,
        account_id: str,
        key_arn: str | None,
        retain_data: bool,
        names: Names,
    ) -> None:
        super().__init__(scope, id_)
        self.log_groups: list[CloudwatchLogGroup] = [
            address(
                f"database_{log}",
                CloudwatchLogGroup(
                    self,
                    f"{log}_log_group",
                    name=names.database_log_group(kind, log),
                    retention_in_days=log_retention_days,
                    kms_key_id=key_arn,
                    skip_destroy=retain_data,
                ),
            )
            for log in ([] if has_log_groups else logs)
        ]
        self.role_arn: str | None = None
        # RDS tries at once whether it may write to the logs, and whether the role serves.
        self.ready: list[ITerraformDependable] = list(self.log_groups)
        if monitored:
            self._let_rds_measure(account_id, names)

    def _let_rds_measure(self, account_id: str, names: Names) -> None:
        role = address(
            "database_monitoring",
            IamRole(
                self,
                "role",
                name=names("database-monitoring-role"),
                description="What RDS may do to measure the database's operating system",
                assume_role_policy=json.dumps(policies.monitoring_assumes_role(account_id)),
            ),
        )
        attachment = address(
            "database_monitoring",
            IamRolePolicyAttachment(self, "policy", role=role.name, policy_arn=_MONITORING_POLICY),
        )
        self.role_arn = role.arn
        self.ready.append(attachment)
