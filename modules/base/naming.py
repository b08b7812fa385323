"""Every physical name of the platform, in one place, with AWS's limits.

`P` is the stage's prefix, `STACK` the Terraform stack's name. Names that hold the account or the region
are completed where these are known. All are here: a name that is made elsewhere is one that nobody finds.
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


class _Name:
    """A name in this form, of `{prefix}` or `{stack}`; an object that was `adopted` there keeps its own."""

    def __init__(self, form: str, *, adopted: str = "") -> None:
        self._form, self._adopted = form, adopted

    def __get__(self, names: "Names", _owner: type) -> str:
        made = self._form.format(prefix=names.prefix, stack=names.stack)
        return names.found.get(self._adopted, made)


@dataclass(frozen=True, kw_only=True)
class Names:
    """The names of one stage's resources.

    `found` are those of adopted objects that somebody else has named, by their addresses.
    """

    prefix: str
    stack: str
    found: Mapping[str, str] = field(default_factory=dict)

    cluster = _Name(f"{{prefix}}{CLUSTER_SUFFIX}", adopted="aws_ecs_cluster.main")
    """The ECS cluster."""
    database = _Name("{prefix}-rds-postgres", adopted="aws_db_instance.main")
    """The RDS instance, or the Aurora cluster."""
    final_snapshot = _Name("{prefix}-rds-postgres-final")
    """The snapshot that a retained database leaves behind."""
    alarm_topic = _Name("{stack}-AlarmTopic", adopted="aws_sns_topic.alarms")
    """The SNS topic that alarms notify."""
    chat = _Name("{prefix}-chat")
    """What tells a channel: the topic of events, the role, and the channel's configuration."""
    dashboard = _Name("{stack}-SystemHealthOverview")
    """The CloudWatch dashboard."""
    key_alias = _Name("alias/{prefix}")
    """The alias of the stage's KMS key."""
    web_firewall_log_group = _Name("aws-waf-logs-{prefix}")
    """The firewall's log group: WAF writes to no name that begins otherwise."""
    vpc = _Name("{prefix}-vpc")
    """The VPC."""
    default_security_group = _Name("{prefix}-default-closed")
    """The security group that AWS makes with the VPC."""
    internet_gateway = _Name("{prefix}-igw")
    """The VPC's way in and out."""
    s3_endpoint = _Name("{prefix}-s3-endpoint")
    """The VPC's own way to S3."""
    public_route_table = _Name("{prefix}-public-rtb")
    """The routes of all public subnets."""
    flow_log = _Name("{prefix}-flow-log")
    """The log of the VPC's connections."""
    namespace = _Name(
        "{prefix}.internal", adopted="aws_service_discovery_private_dns_namespace.main"
    )
    """The private DNS namespace: ICANN keeps `internal` out of public DNS for such names."""
    dhcp_options = _Name("{prefix}-dhcp")
    """The VPC's DHCP options."""
    load_balancer = _Name("{prefix}-alb", adopted="aws_lb.main")
    """The load balancer."""
    maintenance = _Name("{prefix}-maintenance")
    """The rule that shows a page in place of the application; no state has it."""
    web_firewall = _Name("{prefix}-web-firewall")
    """The web ACL, and its metric."""
    cdn = _Name("{prefix}-cdn")
    """The comment of the CloudFront distribution, which has no name."""
    own_addresses = _Name("{prefix}-own-addresses")
    """The addresses that the stage's own tasks come from."""
    database_subnet_group = _Name("{prefix}-db-subnet-group")
    """The subnets that the database may be in."""
    database_monitoring_role = _Name("{prefix}-database-monitoring-role")
    """What RDS measures the database with."""
    database_switch_role = _Name("{prefix}-database-switch-role")
    """What stops and starts the database by the clock."""
    file_system = _Name("{prefix}-lancedb")
    """The file system and its access point."""
    backup_vault = _Name("{prefix}-backups")
    """The vault of AWS Backup."""
    backup_role = _Name("{prefix}-backup-role")
    """What AWS Backup may do."""
    backup_plan = _Name("{prefix}-daily")
    """The plan of AWS Backup."""
    backup_selection = _Name("{prefix}-data")
    """What the plan backs up."""
    monthly_budget = _Name("{prefix}-monthly-budget")
    """The account's budget."""
    cost_anomalies = _Name("{prefix}-cost-anomalies")
    """The monitor of unusual costs, and who is told."""
    shared_task_policy = _Name("{prefix}-ecs-application-task-policy")
    """What an adopted base's services may do, all alike."""
    failed_jobs = _Name("{prefix}-failed-jobs")
    """The queue of the jobs that could not be started."""

    def _found(self, type_: str, name: str, otherwise: str) -> str:
        return self.found.get(f"{type_}.{name.replace('-', '_')}", otherwise)

    def _name(self, suffix: str) -> str:
        """`P-suffix`, the form of nearly every name."""
        return f"{self.prefix}-{suffix}"

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
