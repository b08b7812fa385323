"""Stops the database at night: EventBridge Scheduler calls RDS at two times of the day.

The services go to zero by their own scheduled actions (`fargate_service`). A schedule per direction, one
role for both; on weekends, or whatever days are left out, nothing starts.
"""

import json

from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.scheduler_schedule import (
    SchedulerSchedule,
    SchedulerScheduleFlexibleTimeWindow,
    SchedulerScheduleTarget,
    SchedulerScheduleTargetRetryPolicy,
)
from constructs import Construct

from modules.base.address import address
from modules.base.partition import arn
from modules.context import Context
from modules.data.database import Database
from modules.security import policies
from modules.security.roles import allow, role
from modules.settings import schedule
from modules.settings import stage_settings as s


class NightStop(Construct):
    """The database runs by day only. AWS starts one that has been stopped for seven days by itself."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        settings: s.NightStop,
        database: Database,
    ) -> None:
        super().__init__(scope, id_)
        self.role: IamRole = role(
            self,
            "role",
            "database_switch",
            name=context.names.database_switch_role,
            trust=policies.assumed_by("scheduler", context.account_id),
        )
        policy = allow(
            self,
            "policy",
            "database_switch",
            role=self.role,
            name="switch",
            statements=policies.database_switch_statements(
                kind=database.kind, database_arn=database.arn
            ),
        )
        starts_at = schedule.earlier(settings.start_at, schedule.DATABASE_LEAD_MINUTES)
        for verb, clock in (("stop", settings.stop_at), ("start", starts_at)):
            address(f"database_{verb}", SchedulerSchedule)(
                self,
                verb,
                name=context.names.database_schedule(verb),
                schedule_expression=schedule.cron_at(clock, settings.days),
                schedule_expression_timezone=context.time_zone,
                flexible_time_window=SchedulerScheduleFlexibleTimeWindow(mode="OFF"),
                target=SchedulerScheduleTarget(
                    arn=arn(context.region, f"scheduler:::aws-sdk:rds:{verb}DB{database.kind}"),
                    role_arn=self.role.arn,
                    input=json.dumps({f"Db{database.kind}Identifier": database.identifier}),
                    # By default it would still try to stop the database the next day.
                    retry_policy=SchedulerScheduleTargetRetryPolicy(
                        maximum_event_age_in_seconds=3600, maximum_retry_attempts=20
                    ),
                ),
                depends_on=[policy],
            )
