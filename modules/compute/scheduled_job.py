"""A command by the clock: EventBridge Scheduler starts a task of its own with a service's image.

Scheduler repeats a start that AWS refuses, and puts what it gives up into the stage's queue of failed jobs.
What is started is watched by events (`modules.monitoring.events`); its time is kept in the task itself.
"""

from cdktf_cdktf_provider_aws.ecs_task_definition import EcsTaskDefinition
from cdktf_cdktf_provider_aws.scheduler_schedule import (
    SchedulerSchedule,
    SchedulerScheduleFlexibleTimeWindow,
    SchedulerScheduleTarget,
    SchedulerScheduleTargetDeadLetterConfig,
    SchedulerScheduleTargetEcsParameters,
    SchedulerScheduleTargetEcsParametersNetworkConfiguration,
    SchedulerScheduleTargetRetryPolicy,
)
from cdktf_cdktf_provider_aws.scheduler_schedule_group import SchedulerScheduleGroup
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from constructs import Construct

from modules.base.address import address
from modules.compute.cluster import Cluster
from modules.compute.service_roles import ServiceRoles
from modules.context import Context
from modules.network.network import AnyNetwork
from modules.security import policies
from modules.security.roles import allow, role
from modules.settings.jobs import Job

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
_LONGEST_RETENTION_SECONDS = 1_209_600
_TRIES_WITHIN_SECONDS = 3600


class FailedJobs(Construct):
    """The queue of the starts that Scheduler has given up: each message names its schedule and the error."""

    def __init__(self, scope: Construct, id_: str, *, context: Context) -> None:
        super().__init__(scope, id_)
        self.queue = context.guard.address("failed_jobs", SqsQueue)(
            self,
            "queue",
            name=context.names.failed_jobs,
            message_retention_seconds=_LONGEST_RETENTION_SECONDS,
            sqs_managed_sse_enabled=True,
        )


class ScheduledJob(Construct):
    """One job: the role that starts it, and a schedule in a group of its own: AWS counts runs by group."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        name: str,
        job: Job,
        task_definition: EcsTaskDefinition,
        cluster: Cluster,
        network: AnyNetwork,
        security_group: SecurityGroup,
        roles: ServiceRoles,
        failed: FailedJobs,
    ) -> None:
        super().__init__(scope, id_)
        starts = role(
            self,
            "role",
            f"{name}_schedule",
            name=context.names.job_role(name),
            trust=policies.assumed_by("scheduler", context.account_id),
            description=f"What starts {name} by the clock",
        )
        statements = policies.job_statements(
            family_arn=task_definition.arn_without_revision,
            cluster_arn=cluster.cluster.arn,
            role_arns=[roles.execution.arn, roles.task.arn],
            queue_arn=failed.queue.arn,
        )
        policy = allow(
            self, "policy", f"{name}_schedule", role=starts, name="start", statements=statements
        )
        group = address(name, SchedulerScheduleGroup)(
            self, "group", name=context.names.service(name)
        )
        address(name, SchedulerSchedule)(
            self,
            "schedule",
            name=context.names.service(name),
            group_name=group.name,
            schedule_expression=job.schedule,
            schedule_expression_timezone=job.time_zone or context.time_zone,
            flexible_time_window=SchedulerScheduleFlexibleTimeWindow(mode="OFF"),
            target=SchedulerScheduleTarget(
                arn=cluster.cluster.arn,
                role_arn=starts.arn,
                ecs_parameters=SchedulerScheduleTargetEcsParameters(
                    task_definition_arn=task_definition.arn,
                    launch_type="FARGATE",
                    task_count=1,
                    network_configuration=SchedulerScheduleTargetEcsParametersNetworkConfiguration(
                        subnets=[subnet.id for subnet in network.task_subnets],
                        security_groups=[security_group.id],
                        assign_public_ip=network.assign_public_ip,
                    ),
                ),
                retry_policy=SchedulerScheduleTargetRetryPolicy(
                    maximum_event_age_in_seconds=_TRIES_WITHIN_SECONDS,
                    maximum_retry_attempts=job.retries,
                ),
                dead_letter_config=SchedulerScheduleTargetDeadLetterConfig(arn=failed.queue.arn),
            ),
            depends_on=[policy],
        )
