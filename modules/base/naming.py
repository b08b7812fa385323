"""Every physical name of the platform, in one place, with AWS's limits.

`P` is the stage's prefix, `STACK` the Terraform stack's name. Names that hold the account or the region
are completed where these are known.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Names:
    """The names of one stage's resources."""

    prefix: str
    stack: str

    def __call__(self, suffix: str) -> str:
        """`P-suffix`, the form of nearly every name."""
        return f"{self.prefix}-{suffix}"

    @property
    def cluster(self) -> str:
        """The ECS cluster."""
        return self("ecs-cluster")

    @property
    def database(self) -> str:
        """The RDS instance, or the Aurora cluster."""
        return self("rds-postgres")

    @property
    def final_snapshot(self) -> str:
        """The snapshot that a retained database leaves behind."""
        return self("rds-postgres-final")

    @property
    def alarm_topic(self) -> str:
        """The SNS topic that alarms notify."""
        return f"{self.stack}-AlarmTopic"

    @property
    def dashboard(self) -> str:
        """The CloudWatch dashboard."""
        return f"{self.stack}-SystemHealthOverview"

    def dashboard_url(self, region: str) -> str:
        """Where a person sees the dashboard, in AWS's console."""
        return (
            f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
            f"#dashboards:name={self.dashboard}"
        )

    def data_bucket(self, account_id: str, region: str) -> str:
        """The data bucket: bucket names are global, hence the account and the region."""
        return self(f"data-bucket-{account_id}-{region}")

    def logs_bucket(self, account_id: str, region: str) -> str:
        """The bucket of the logs that AWS itself writes."""
        return self(f"logs-{account_id}-{region}")

    @property
    def key_alias(self) -> str:
        """The alias of the stage's KMS key."""
        return f"alias/{self.prefix}"

    @property
    def web_firewall_log_group(self) -> str:
        """The firewall's log group: WAF writes to no name that begins otherwise."""
        return f"aws-waf-logs-{self.prefix}"

    def database_log_group(self, kind: Literal["instance", "cluster"], log: str) -> str:
        """Where RDS writes a log of the database; the name is RDS's own."""
        return f"/aws/rds/{kind}/{self.database}/{log}"

    def log_group(self, service: str) -> str:
        """A service's log group."""
        return f"/aws/ecs/{self.cluster}/{service}"


@dataclass(frozen=True, kw_only=True)
class LimitedName:
    """A physical name and the most characters that AWS takes for it; `service` when it is one's."""

    what: str
    name: str
    max_length: int
    service: str | None = None

    @property
    def excess(self) -> int:
        """By how many characters the name is too long; negative when it fits."""
        return len(self.name) - self.max_length


def limited_names(
    names: Names, *, region: str, services: list[str], routed: list[str]
) -> list[LimitedName]:
    """The names that can grow past a limit of AWS.

    Limits: ELB CreateLoadBalancer and CreateTargetGroup, IAM CreateRole, RDS CreateDBInstance, ECR
    CreateRepository, S3 bucket naming rules, in AWS's API references.
    """
    return [
        LimitedName(what="the load balancer", name=names("alb"), max_length=32),
        LimitedName(what="the database", name=names.final_snapshot, max_length=63),
        LimitedName(
            what="the data bucket",
            name=names.data_bucket("0" * 12, region),
            max_length=63,
        ),
        *(
            LimitedName(
                what=f"the target group of {service}",
                name=names(service),
                max_length=32,
                service=service,
            )
            for service in routed
        ),
        *(
            LimitedName(
                what=f"the execution role of {service}",
                name=names(f"{service}-execution-role"),
                max_length=64,
                service=service,
            )
            for service in services
        ),
    ]
