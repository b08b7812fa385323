"""Every physical name of the platform, in one place, with AWS's limits.

`P` is the stage's prefix, `STACK` the Terraform stack's name. Names that hold the account or the region
are completed where these are known. Longer than others: a name that is made elsewhere is one that nobody
finds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from modules.base.partition import console

# An adopted base tells its prefix by its cluster's name.
CLUSTER_SUFFIX = "-ecs-cluster"
_FIRST_MAJOR = "15"


def resource_name(name: str) -> str:
    """Return one of our names as the name of a Terraform resource."""
    return name.replace("-", "_")


def major_version(engine_version: str) -> str:
    """Return the major version of PostgreSQL in `15` or `15.6`."""
    return engine_version.split(".", 1)[0]


@dataclass(frozen=True, kw_only=True)
class Names:
    """The names of one stage's resources.

    `found` are those of adopted objects that somebody else has named, by their addresses.
    """

    prefix: str
    stack: str
    found: Mapping[str, str] = field(default_factory=dict)

    def _found(self, type_: str, name: str, otherwise: str) -> str:
        return self.found.get(f"{type_}.{name.replace('-', '_')}", otherwise)

    def _name(self, suffix: str) -> str:
        """`P-suffix`, the form of nearly every name."""
        return f"{self.prefix}-{suffix}"

    @property
    def cluster(self) -> str:
        """The ECS cluster."""
        return self._found("aws_ecs_cluster", "main", f"{self.prefix}{CLUSTER_SUFFIX}")

    @property
    def database(self) -> str:
        """The RDS instance, or the Aurora cluster."""
        return self._found("aws_db_instance", "main", self._name("rds-postgres"))

    @property
    def final_snapshot(self) -> str:
        """The snapshot that a retained database leaves behind."""
        return self._name("rds-postgres-final")

    @property
    def alarm_topic(self) -> str:
        """The SNS topic that alarms notify."""
        return self._found("aws_sns_topic", "alarms", f"{self.stack}-AlarmTopic")

    @property
    def chat(self) -> str:
        """What tells a channel: the topic of events, the role, and the channel's configuration."""
        return self._name("chat")

    @property
    def dashboard(self) -> str:
        """The CloudWatch dashboard."""
        return f"{self.stack}-SystemHealthOverview"

    def dashboard_url(self, region: str) -> str:
        """Return where a person sees the dashboard, in AWS's console."""
        return (
            f"https://{console(region)}/cloudwatch/home?region={region}"
            f"#dashboards:name={self.dashboard}"
        )

    def data_bucket(self, account_id: str, region: str) -> str:
        """Name the data bucket: bucket names are global, hence the account and the region."""
        made = self._name(f"data-bucket-{account_id}-{region}")
        return self._found("aws_s3_bucket", "data", made)

    def logs_bucket(self, account_id: str, region: str) -> str:
        """Name the bucket of the logs that AWS itself writes."""
        return self._name(f"logs-{account_id}-{region}")

    @property
    def key_alias(self) -> str:
        """The alias of the stage's KMS key."""
        return f"alias/{self.prefix}"

    @property
    def web_firewall_log_group(self) -> str:
        """The firewall's log group: WAF writes to no name that begins otherwise."""
        return f"aws-waf-logs-{self.prefix}"

    def database_log_group(self, kind: Literal["instance", "cluster"], log: str) -> str:
        """Return where RDS writes a log of the database; the name is RDS's own."""
        return f"/aws/rds/{kind}/{self.database}/{log}"

    def log_group(self, service: str) -> str:
        """Name a service's log group."""
        made = f"/aws/ecs/{self.cluster}/{service}"
        return self._found("aws_cloudwatch_log_group", service, made)

    @property
    def exec_log_group(self) -> str:
        """The log group of what is typed and shown in shells of `exec`; no service's name leads there."""
        return f"/aws/ecs/{self.cluster}-exec"

    @property
    def vpc(self) -> str:
        """The VPC."""
        return self._name("vpc")

    @property
    def default_security_group(self) -> str:
        """The security group that AWS makes with the VPC."""
        return self._name("default-closed")

    @property
    def internet_gateway(self) -> str:
        """The VPC's way in and out."""
        return self._name("igw")

    @property
    def s3_endpoint(self) -> str:
        """The VPC's own way to S3."""
        return self._name("s3-endpoint")

    @property
    def public_route_table(self) -> str:
        """The routes of all public subnets."""
        return self._name("public-rtb")

    @property
    def flow_log(self) -> str:
        """The log of the VPC's connections."""
        return self._name("flow-log")

    @property
    def namespace(self) -> str:
        """The private DNS namespace: ICANN keeps `internal` out of public DNS for such names."""
        found = "aws_service_discovery_private_dns_namespace"
        return self._found(found, "main", f"{self.prefix}.internal")

    @property
    def dhcp_options(self) -> str:
        """The VPC's DHCP options."""
        return self._name("dhcp")

    @property
    def load_balancer(self) -> str:
        """The load balancer."""
        return self._found("aws_lb", "main", self._name("alb"))

    @property
    def maintenance(self) -> str:
        """The rule that shows a page in place of the application; no state has it."""
        return self._name("maintenance")

    @property
    def web_firewall(self) -> str:
        """The web ACL, and its metric."""
        return self._name("web-firewall")

    @property
    def cdn(self) -> str:
        """The comment of the CloudFront distribution, which has no name."""
        return self._name("cdn")

    @property
    def own_addresses(self) -> str:
        """The addresses that the stage's own tasks come from."""
        return self._name("own-addresses")

    @property
    def database_subnet_group(self) -> str:
        """The subnets that the database may be in."""
        return self._name("db-subnet-group")

    @property
    def database_monitoring_role(self) -> str:
        """What RDS measures the database with."""
        return self._name("database-monitoring-role")

    @property
    def database_switch_role(self) -> str:
        """What stops and starts the database by the clock."""
        return self._name("database-switch-role")

    @property
    def file_system(self) -> str:
        """The file system and its access point."""
        return self._name("lancedb")

    @property
    def backup_vault(self) -> str:
        """The vault of AWS Backup."""
        return self._name("backups")

    @property
    def backup_role(self) -> str:
        """What AWS Backup may do."""
        return self._name("backup-role")

    @property
    def backup_plan(self) -> str:
        """The plan of AWS Backup."""
        return self._name("daily")

    @property
    def backup_selection(self) -> str:
        """What the plan backs up."""
        return self._name("data")

    @property
    def monthly_budget(self) -> str:
        """The account's budget."""
        return self._name("monthly-budget")

    @property
    def cost_anomalies(self) -> str:
        """The monitor of unusual costs, and who is told."""
        return self._name("cost-anomalies")

    @property
    def shared_task_policy(self) -> str:
        """What an adopted base's services may do, all alike."""
        return self._name("ecs-application-task-policy")

    def private_route_table(self, index: int) -> str:
        """Name the routes of one zone's private subnet."""
        return self._name(f"private-rtb-{index}")

    def subnet(self, tier: str, zone: str) -> str:
        """Name a subnet of a zone; `tier` is `public` or `private`."""
        return self._name(f"{tier}-subnet-{zone}")

    def nat_address(self, index: int) -> str:
        """Name the public address of a NAT gateway."""
        return self._name(f"nat-eip-{index}")

    def nat_gateway(self, index: int) -> str:
        """Name a NAT gateway."""
        return self._name(f"nat-{index}")

    def security_group(self, label: str) -> str:
        """Name a security group: a service's, or one that services share."""
        return self._name(f"{label}-sg")

    def service(self, service: str) -> str:
        """Name a service's task family and its target group."""
        return self._name(service)

    def ecs_service(self, service: str) -> str:
        """Name a service in ECS."""
        return self._found("aws_ecs_service", service, self.service(service))

    def registry(self, service: str) -> str:
        """Name the registry of a service's images."""
        return self._found("aws_ecr_repository", service, self.service(service))

    def task_role(self, service: str) -> str:
        """Name the role that says what a service may do."""
        return self._name(f"{service}-task-role")

    def execution_role(self, service: str) -> str:
        """Name the role that says what ECS may do to start a service."""
        return self._name(f"{service}-execution-role")

    @property
    def failed_jobs(self) -> str:
        """The queue of the jobs that could not be started."""
        return self._name("failed-jobs")

    def job_role(self, job: str) -> str:
        """Name the role that starts a job by the clock, by its service's and its own name."""
        return self._name(f"{job}-schedule-role")

    def secret(self, secret: str) -> str:
        """Name a secret, by its row's name."""
        return self._found("aws_secretsmanager_secret", secret, self._name(secret))

    def alarm(self, subject: str) -> str:
        """Name an alarm, by its row's suffix; all alarms begin with that of an empty one."""
        return self._name(subject)

    def event_rule(self, key: str) -> str:
        """Name a rule of EventBridge, by its row's key."""
        return self._name(key.replace("_", "-"))

    def database_instance(self, index: int) -> str:
        """Name an instance of the Aurora cluster."""
        return f"{self.database}-{index}"

    def database_schedule(self, verb: str) -> str:
        """Name the schedule that stops or starts the database."""
        return self._name(f"database-{verb}")

    def shared_role(self, address: str) -> str:
        """Name a role that an adopted base's services share, by its resource's name."""
        return self._name(address.replace("_", "-"))

    def parameter_group(self, engine: str, engine_version: str) -> str:
        """Name the parameter group of a major version; an upgrade needs the next beside it.

        Those of the platform's first version keep the name that they were made with.
        """
        major = major_version(engine_version)
        return self._name(engine if major == _FIRST_MAJOR else f"{engine}{major}")


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
    names: Names, *, region: str, services: list[str], routed: list[str], jobs: Mapping[str, str]
) -> list[LimitedName]:
    """Return the names that can grow past a limit of AWS.

    Limits: ELB CreateLoadBalancer and CreateTargetGroup, IAM CreateRole, RDS CreateDBInstance, ECR
    CreateRepository, S3 bucket naming rules, in AWS's API references. `jobs` are by their whole names, with
    their services.
    """
    rows = [
        ("the load balancer", names.load_balancer, 32, None),
        ("the database", names.final_snapshot, 63, None),
        ("the data bucket", names.data_bucket("0" * 12, region), 63, None),
        *((f"the target group of {each}", names.service(each), 32, each) for each in routed),
        *(
            (f"the execution role of {each}", names.execution_role(each), 64, each)
            for each in services
        ),
        *(
            (f"the role that starts {job}", names.job_role(job), 64, service)
            for job, service in jobs.items()
        ),
    ]
    return [
        LimitedName(what=what, name=name, max_length=most, service=service)
        for what, name, most, service in rows
    ]
