"""How many tasks a service runs: by its load, and by the clock."""

from collections.abc import Sequence

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.appautoscaling_policy import (
    AppautoscalingPolicy,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration,
)
from cdktf_cdktf_provider_aws.appautoscaling_policy import (
    AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification as PredefinedMetric,  # noqa: E501  # its name
)
from cdktf_cdktf_provider_aws.appautoscaling_scheduled_action import (
    AppautoscalingScheduledAction,
    AppautoscalingScheduledActionScalableTargetAction,
)
from cdktf_cdktf_provider_aws.appautoscaling_target import AppautoscalingTarget
from cdktf_cdktf_provider_aws.ecs_service import EcsService
from constructs import Construct

from modules.base.address import address
from modules.compute.cluster import Cluster
from modules.compute.containers import memory_target
from modules.context import Context
from modules.lent import LentCluster
from modules.settings.schedule import ScheduledTasks
from modules.settings.services import Service


class ServiceScaling(Construct):
    """The bounds of a service's tasks, the targets within them, and other bounds `by_the_clock`."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        service: Service,
        beside_mib: int,
        by_the_clock: Sequence[ScheduledTasks],
        cluster: Cluster | LentCluster,
        ecs_service: EcsService,
    ) -> None:
        super().__init__(scope, id_)
        self.target = address(service.name, AppautoscalingTarget)(
            self,
            "target",
            service_namespace="ecs",
            resource_id=f"service/{cluster.cluster.name}/{ecs_service.name}",
            scalable_dimension="ecs:service:DesiredCount",
            min_capacity=service.min_tasks,
            max_capacity=service.max_tasks,
            lifecycle=(
                # A scheduled action sets these at its hour.
                TerraformResourceLifecycle(ignore_changes=["min_capacity", "max_capacity"])
                if by_the_clock
                else None
            ),
        )
        bounds = [(service.min_tasks, service.max_tasks)]
        bounds += [(row.min_tasks, row.max_tasks) for row in by_the_clock]
        if any(most > least for least, most in bounds):
            self._follow(
                "cpu", "ECSServiceAverageCPUUtilization", service.cpu_target_percent, service
            )
            self._follow(
                "memory",
                "ECSServiceAverageMemoryUtilization",
                memory_target(service, beside_mib=beside_mib),
                service,
            )
        # One after the other: AWS refuses two changes of one target at a time.
        previous: list[AppautoscalingScheduledAction] = []
        for row in by_the_clock:
            previous = [self._at(row, context.time_zone, service, after=previous)]

    def _follow(self, kind: str, metric: str, target_percent: float, service: Service) -> None:
        address(f"{service.name}_{kind}", AppautoscalingPolicy)(
            self,
            kind,
            name=f"{service.name}-{kind}",
            policy_type="TargetTrackingScaling",
            service_namespace=self.target.service_namespace,
            resource_id=self.target.resource_id,
            scalable_dimension=self.target.scalable_dimension,
            target_tracking_scaling_policy_configuration=(
                AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration(
                    predefined_metric_specification=PredefinedMetric(predefined_metric_type=metric),
                    target_value=target_percent,
                    scale_in_cooldown=service.scale_in_cooldown_seconds,
                    scale_out_cooldown=service.scale_out_cooldown_seconds,
                )
            ),
        )

    def _at(
        self,
        row: ScheduledTasks,
        time_zone: str,
        service: Service,
        *,
        after: Sequence[AppautoscalingScheduledAction],
    ) -> AppautoscalingScheduledAction:
        return address(f"{service.name}_{row.name}", AppautoscalingScheduledAction)(
            self,
            row.name,
            name=f"{service.name}-{row.name}",
            service_namespace=self.target.service_namespace,
            resource_id=self.target.resource_id,
            scalable_dimension=self.target.scalable_dimension,
            schedule=row.cron,
            timezone=time_zone,
            scalable_target_action=AppautoscalingScheduledActionScalableTargetAction(
                min_capacity=str(row.min_tasks), max_capacity=str(row.max_tasks)
            ),
            depends_on=list(after),
        )
