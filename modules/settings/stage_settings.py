"""The settings of one stage: every value that may differ between two stages, with its default.

Fields carry AWS's own terms and their unit. What one field alone can get wrong is said here; what takes
two fields is said in `checks`. Both end in the same message (`stage_files`).

Longer than others, because one file shows all of them.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, PrivateAttr

from modules.settings import setting_types as t
from modules.settings.beside import Beside
from modules.settings.own_secrets import OwnSecret, own_rows
from modules.settings.previews import Preview, Previews, wildcard_of
from modules.settings.rules.firewall import CountedRule
from modules.settings.secrets import SECRETS, SecretRow
from modules.settings.services import SERVICES, Service

Phase = Literal["adopt", "foundation", "full"]
# What phase full adds, of the types that an old owner may have.
OF_APPLICATION = (
    "aws_appautoscaling_",
    "aws_cloudwatch_log_group.",
    "aws_ecs_service.",
    "aws_efs_",
    "aws_lb",
    "aws_sns_",
)
NatMode = Literal["per-az", "single", "none"]
SessionTokens = Literal["app", "key"]
# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
MonitoringSeconds = Literal[0, 1, 5, 10, 15, 30, 60]
DatabaseEngine = Literal["postgres", "aurora-serverless-v2"]


class Dns(t.Section):
    """How the stage's name is served."""

    mode: Literal["route53", "manual"] = "manual"
    """`route53`: the certificate is validated and the alias record made in the hosted zone; `manual`: the
    records to set are outputs"""
    hosted_zone_name: t.DnsName | None = None
    """the public hosted zone: the domain or a parent of it; default: the domain itself"""


class Network(t.Section):
    """The VPC. Subnet i is `cidrsubnet(vpc_cidr_block, subnet_newbits, i)`, public ones first."""

    vpc_cidr_block: t.VpcBlock = "10.0.0.0/16"
    """the VPC's IPv4 block, /16 to /28, best a private one; some services of AWS have trouble with
    172.17.0.0/16"""
    zone_count: int = Field(2, ge=1, le=3)
    """availability zones (a load balancer needs two); to be chosen before the first deploy: another number
    moves the private subnets"""
    availability_zones: t.Many[str] = ()
    """zones by name; default: the first `zone_count` of the region that have Fargate and small databases"""
    subnet_newbits: int = Field(8, ge=2, le=12)
    """bits by which a subnet's prefix is longer than the VPC's"""
    nat: NatMode = "per-az"
    """NAT gateways: `per-az`, `single` (cheaper; one zone's outage stops outgoing traffic) or `none` (tasks
    run in the public subnets with public addresses, still closed to the outside)"""
    search_domain: bool | None = None
    """let the VPC's DHCP options name the services' private namespace, so that `supertokens` alone is found
    as well; default: `true`, on an adopted VPC, whose options are its owner's, `false`"""
    vpc_id: t.VpcId | None = None
    """a VPC that exists and stays its owner's: the stage uses it and changes nothing of it
    ([network.md](network.md)); default: the stage has its own"""
    public_subnet_ids: t.Many[t.SubnetId] = ()
    """with `vpc_id`: its subnets for the load balancer, one a zone"""
    private_subnet_ids: t.Many[t.SubnetId] = ()
    """with `vpc_id`: its subnets for tasks, database and files, one a zone"""
    nat_addresses: t.Many[t.PublicAddress] = ()
    """with `vpc_id`: the public addresses of its NAT gateways, which the firewall does not count"""


class Security(t.Section):
    """The switches that cost something, with what they cost in us-east-1, USD."""

    customer_managed_key: bool = False
    """one KMS key of the stage's own encrypts database, file system, buckets, secrets, logs, alarms, images
    and backups; for new stages: switched later, it replaces database, file system and registries. 1 a month,
    and 0.03 for 10,000 requests"""
    web_firewall: bool = False
    """AWS WAF before the load balancer: known attacks and addresses of bad repute are blocked. 9 a month, and
    0.60 for a million requests"""
    firewall_blocks: t.Many[CountedRule] = ()
    """rules of the firewall that are to block; those on bodies, long query strings and a missing user agent
    only count by default, and `ops firewall` shows what they would have blocked"""
    rate_limit_per_5_minutes: int = Field(2000, ge=10, le=2_000_000_000)
    """requests from one address in 5 minutes, above which the firewall blocks it"""
    exec_allowed: bool = False
    """let services of a stage that retains its data have `exec_enabled`: who may `ecs:ExecuteCommand` reads
    their secrets then"""
    flow_logs: bool = True
    """log the VPC's connections to the logs bucket. 0.25 per GB"""
    access_logs: bool = True
    """log the load balancer's requests and the data bucket's readers to the logs bucket. 0.023 per GB and
    month of storage"""
    log_retention_days: int = Field(90, ge=1, le=3650)
    """how long the logs bucket keeps what is in it"""
    backups: bool = False
    """AWS Backup of database and file system, daily, to a vault. 0.095 per GB and month of database, 0.05 of
    files"""
    backup_retention_days: int = Field(35, ge=1, le=3650)
    """how long the vault keeps"""


class Database(t.Section):
    """The PostgreSQL database."""

    engine: DatabaseEngine = "postgres"
    """`postgres` (RDS) or `aurora-serverless-v2`"""
    engine_version: t.EngineVersion = "15"
    """major version; AWS withdraws pinned minor ones"""
    allow_major_version_upgrade: bool = False
    """let a later `engine_version` upgrade a database that exists"""
    instance_class: t.InstanceClass = "db.t3.small"
    """RDS instance class"""
    allocated_storage_gib: int = Field(20, ge=20, le=65536)
    """gp3 storage, GiB"""
    max_allocated_storage_gib: int | None = Field(None, ge=22, le=65536)
    """how far RDS may let the storage grow by itself when it is nearly full, GiB, at least a tenth more;
    default: five times `allocated_storage_gib`; for an adopted database: not at all"""
    multi_az: bool = True
    """a standby in a second zone (Aurora: a second instance)"""
    backup_retention_days: int = Field(14, ge=0, le=35)
    """automated backups, days"""
    backup_window: t.BackupWindow | None = None
    """when RDS makes them, in UTC; default: two hours before AWS Backup, which is 05:00 in `time_zone`, or an
    hour and a half before a night stop"""
    maintenance_window: t.MaintenanceWindow | None = None
    """when RDS may change or restart the database, in UTC; default: before `backup_window`, on Sunday, or on
    the first day of the night stop's `days`"""
    min_acu: float = Field(0.5, ge=0, le=256, multiple_of=0.5)
    """Aurora: least capacity"""
    max_acu: float = Field(4, ge=1, le=256, multiple_of=0.5)
    """Aurora: most capacity"""
    enhanced_monitoring_seconds: MonitoringSeconds = 60
    """how often the operating system is measured; 0 is never"""
    name: t.DatabaseName = "atomicdb"
    """the database's name"""
    master_username: t.MasterUser = "postgresadmin"
    """the master user"""
    login_roles: bool = True
    """services log in as roles of their own, made by `database apply` before phase `full`; `false`: as the
    master user until that is run. To be chosen before the first deploy, which writes the connection strings
    """
    connect_enabled: bool = False
    """make the task that `database connect` tunnels through; it costs something while it runs"""
    client_image: t.PinnedImage = "public.ecr.aws/docker/library/postgres:17.10-alpine"
    """the image with psql that `database apply` and `connect` run inside the stage, pinned"""
    authorities_image: t.PinnedImage = "public.ecr.aws/docker/library/busybox:1.37.0"
    """the image, with a shell, that brings services RDS's certificate authorities, pinned"""


class LoadBalancer(t.Section):
    """The edge."""

    idle_timeout_seconds: int = Field(120, ge=1, le=4000)
    """how long a quiet connection stays open; websockets ping every 5 and 50 seconds. Each target has to keep
    one for longer (docs/reliability.md)"""
    http: Literal["redirect", "forward"] = "redirect"
    """what port 80 does where an adopted stack has its rules on it: `redirect` to HTTPS, or `forward` as
    before, until users come by HTTPS; elsewhere it redirects always"""
    ssl_policy: t.SslPolicy = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    """TLS policy of the HTTPS listener"""
    hsts_max_age_seconds: int = Field(31536000, ge=0)
    """Strict-Transport-Security's max-age"""


class Domains(t.Section):
    """Further names of the application, in the same certificate."""

    redirect: t.Many[t.DnsName] = ()
    """names whose every address answers 301 to the same one of `domain_name`"""
    serve: t.Many[t.DnsName] = ()
    """names that show the application as `domain_name` does"""
    hosted_zone_names: t.Many[t.DnsName] = ()
    """with mode `route53`: public hosted zones of the names that are not in the domain's own"""

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.redirect, *self.serve)


class Cdn(t.Section):
    """CloudFront before the whole domain: the table alone, `[cdn]`, turns it on (docs/cdn.md)."""

    enabled: bool = True
    """`false` takes CloudFront away; a stage outside us-east-1 is deployed so once before the table goes"""
    load_balancer: Literal["open", "cloudfront"] = "open"
    """who may reach the load balancer: everybody (`open`), or, once the domain leads to CloudFront,
    CloudFront alone (`cloudfront`)"""
    certificate_arn: t.CertificateArn | None = None
    """an existing certificate in us-east-1, where CloudFront looks; default: the stage's, or for a stage in
    another region one more that is requested"""


class FileStorage(t.Section):
    """The file system of LanceDB."""

    mount: Literal["access-point", "root"] = "access-point"
    """what a task sees of it: `access-point`: its folder `/lancedb`; `root`: all of it, as in an adopted
    stack whose data lies there"""
    throughput: Literal["bursting", "elastic"] = "bursting"
    """`bursting`: as fast as what it stores is large, and faster on credit, which an alarm watches;
    `elastic`: as fast as is asked. 0.03 per GB read and 0.06 per GB written"""


class Logs(t.Section):
    """The services' logs."""

    retention_days: t.LogRetentionDays = 30
    """how long CloudWatch keeps them; a value that CloudWatch knows"""


class Tracing(t.Section):
    """X-Ray through an OpenTelemetry collector beside each traced service."""

    enabled: bool = True
    """run the collector beside the services that send traces"""
    sample_percent: t.Percent = 10
    """share of the requests that are traced, those of health checks apart"""
    collector_image: t.PinnedImage = "public.ecr.aws/aws-observability/aws-otel-collector:v0.48.0"
    """the collector's image, pinned"""


class Proxy(t.Section):
    """The reverse proxy beside each service with `strip_path` or `behind_port`."""

    image: t.PinnedImage = "public.ecr.aws/docker/library/nginx:1.28.3-alpine"
    """nginx, pinned; its configuration is in the task definition"""


class AlarmThresholds(t.Section):
    """When the operator is told. Latency per service is the service's own setting."""

    alb_5xx_count: int = Field(5, ge=1)
    """load balancer 5xx answers in 5 minutes"""
    target_5xx_count: int = Field(3, ge=1)
    """a service's 5xx answers in 5 minutes"""
    service_cpu_percent: t.Percent = 85
    """a service's CPU, average over 15 minutes"""
    database_cpu_percent: t.Percent = 85
    """database CPU, average over 15 minutes"""
    database_free_storage_gib: float = Field(10, gt=0)
    """database free storage, GiB"""
    database_freeable_memory_mib: float = Field(200, gt=0)
    """database free memory, MiB"""
    database_connections: int = Field(150, ge=1)
    """open database connections"""


class NightStop(t.Section):
    """Nothing runs at night: services without tasks, the database stopped."""

    stop_at: t.ClockTime = "20:00"
    """when the stage stops, in its `time_zone`"""
    start_at: t.ClockTime = "07:00"
    """when the services start; the database a quarter of an hour before"""
    days: t.Days = "MON-FRI"
    """on which days it starts and stops; on others it stays stopped"""


class CostAlerts(t.Section):
    """E-mails to the operator about the whole account's costs: set them in one of its stages."""

    budget_usd: float | None = Field(None, gt=0)
    """monthly budget: told at 80 % spent and at 100 % forecast; default: none"""
    anomaly_usd: float | None = Field(None, gt=0)
    """told daily of unusual costs from this amount on; default: not told"""
    anomaly_monitor_arn: t.AnomalyMonitorArn | None = None
    """the account's monitor of services, which `anomaly_usd` needs: AWS allows one for an account, newer
    accounts begin with it, and no stage makes or deletes it"""


class Chat(t.Section):
    """A channel that is told what the operator is told, by Amazon Q Developer in chat applications.

    None of these ids is a secret. Somebody authorizes the workspace or the team once, in the console.
    """

    slack_workspace_id: t.SlackWorkspaceId | None = None
    """the Slack workspace, authorized in the console; default: not told in Slack"""
    slack_channel_id: t.SlackChannelId | None = None
    """its channel; into a private one @Amazon Q has to be invited"""
    teams_tenant_id: t.MicrosoftId | None = None
    """the Microsoft 365 tenant; default: not told in Teams"""
    teams_team_id: t.MicrosoftId | None = None
    """the team, authorized in the console"""
    teams_channel_id: t.TeamsChannelId | None = None
    """its channel"""

    @property
    def is_wanted(self) -> bool:
        """Whether any channel is told."""
        return bool(self.slack_channel_id or self.teams_channel_id)


class Images(t.Section):
    """Where images come from."""

    source: t.FilePath | None = None
    """the application's source tree, from the project's folder on; `ops images` builds it"""
    registry: t.RegistryPlace | None = None
    """another stage's registries, in place of own ones, as
    `123456789012.dkr.ecr.us-east-1.amazonaws.com/atomic-prod` ([accounts.md](accounts.md))"""
    shared_with: t.Many[t.AccountId] = ()
    """other accounts whose stages may pull from this stage's registries"""
    untagged_days: int = Field(7, ge=1, le=3650)
    """how long a registry keeps an image whose tag a newer one has taken: ECS starts further tasks of a
    deployment from the image that it began with"""
    keep_tagged: int = Field(50, ge=2, le=100_000)
    """how many images with a tag each registry keeps, the newest"""
    mirror: Literal["none", "fill", "use"] = "none"
    """copies of third parties' images in the stage's own registry, 0.10 per GB and month: `fill` makes the
    repositories, which `ops images mirror` fills; `use` starts tasks from them"""


class State(t.Section):
    """An S3 backend for Terraform's state. Without this section the state is a local file."""

    bucket: t.BucketName
    """the bucket, which has to exist"""
    key: t.StateKey | None = None
    """the object; default: `atomic-STAGE.tfstate`"""
    region: t.Region | None = None
    """the bucket's region; default: the stage's region"""
    encrypt: bool = True
    """server-side encryption"""
    kms_key_id: t.KmsKey | None = None
    """a KMS key instead of S3's own"""
    use_lockfile: bool = True
    """lock with an object beside the state"""


class StageSettings(t.Section):
    """All settings of one stage (`stages/STAGE.toml`)."""

    stage: t.Name
    """the file's name; the Terraform stack is `atomic-STAGE`"""
    phase: Phase = "full"
    """`foundation`: what the services need; `full`: everything; `adopt`: only what an adoption record holds
    """
    region: t.Region = "us-east-1"
    """AWS region, also of GovCloud or China: what AWS does not have there is refused"""
    account_id: t.AccountId | None = None
    """the AWS account that the stage belongs to, as in `"123456789012"`: with credentials of another, a
    deploy is refused"""
    prefix: t.Name
    """begins the physical names; default: `atomic-STAGE`"""
    domain_name: t.MainDnsName | None = None
    """where users reach the application; required by phase `full`"""
    certificate_arn: t.CertificateArn | None = None
    """an existing certificate in the stage's region; default: one is requested"""
    operator_email: t.EmailAddress | None = None
    """who is told about alarms; required by phase `full`"""
    retain_data: bool = True
    """database, bucket, file system, secrets, images and logs refuse or survive a destroy; `false` gives that
    up"""
    allow_destroy: t.Many[str] = ()
    """addresses that may be destroyed although the stage retains its data, as in `["aws_db_instance.main"]`
    """
    allow_overwrite: t.Many[str] = ()
    """addresses at which what somebody has set in AWS may be overwritten, as in
    `["aws_s3_bucket_policy.data"]`"""
    keep_as_found: t.Many[str] = ()
    """what stays as somebody has set it in AWS: documents, as in `["aws_s3_bucket_policy.data"]`, in whose
    place the stage puts none, and single attributes of adopted objects, as in
    `["aws_db_instance.main.parameter_group_name"]`"""
    time_zone: t.TimeZone = "UTC"
    """of all times of day, by its IANA name"""
    kafka: bool = False
    """give the functions service the addresses of your Kafka brokers; the platform makes none"""
    session_tokens: SessionTokens = "app"
    """whose session tokens Hasura accepts: `app`: those that SuperTokens signs, by the keys that the app
    publishes; `key`: those that you sign yourself, with the secret `hasura-jwt-secret`"""
    keep_shared_roles: bool = True
    """keep the two roles that an adopted base shared among its services; `false` destroys them, which is safe
    once that base is retired"""
    container_insights: Literal["enabled", "disabled", "enhanced"] = "disabled"
    """ECS Container Insights (billed as custom metrics)"""
    extension: str | None = Field(None, min_length=1)
    """a Python file with resources of your own, from the folder above that of the stage files on:
    `"extensions/queue.py"` ([extensions.md](extensions.md))"""
    default_tags: dict[str, str]
    """tags of every resource, laid over Project, Stage and ManagedBy; `{}`: none at all; default: these three
    """
    dns: Dns = Dns()
    domains: Domains = Domains()
    network: Network = Network()
    security: Security = Security()
    database: Database = Database()
    load_balancer: LoadBalancer = LoadBalancer()
    cdn: Cdn | None = None
    file_storage: FileStorage = FileStorage()
    logs: Logs = Logs()
    tracing: Tracing = Tracing()
    proxy: Proxy = Proxy()
    alarms: AlarmThresholds = AlarmThresholds()
    night_stop: NightStop | None = None
    cost_alerts: CostAlerts = CostAlerts()
    chat: Chat = Chat()
    images: Images = Images()
    previews: Previews | None = None
    preview: Preview | None = None
    state: State | None = None
    secrets: dict[str, OwnSecret] = Field({})
    """secrets of the operator's own, by name; never a value"""
    services: dict[str, Service]
    """the services, by name"""
    _beside: Beside = PrivateAttr(default_factory=Beside)

    @property
    def beside(self) -> Beside:
        """What its reader found beside the values: services left out, and files that it names."""
        return self._beside

    def standing_beside(self, beside: Beside) -> "StageSettings":
        """Return the same stage without the services that it leaves out, and with what stands beside it."""
        kept = {name: row for name, row in self.services.items() if name not in beside.left_out}
        copy = self.model_copy(update={"services": kept})
        copy._beside = beside
        return copy

    @property
    def secret_rows(self) -> tuple[SecretRow, ...]:
        """The platform's secrets, and behind them the operator's own."""
        return (*SECRETS, *own_rows(self.secrets))

    @property
    def further_names(self) -> tuple[str, ...]:
        """The names in its certificate beside the domain's: its own, and the wildcard of previews."""
        lends = self.previews is not None and self.domain_name is not None
        return (*self.domains.names, *([wildcard_of(self.domain_name or "")] if lends else []))

    @property
    def front(self) -> Cdn | None:
        """CloudFront before the domain; None without it, and where it is being taken away."""
        return self.cdn if self.cdn and self.cdn.enabled else None

    def zone_of(self, name: str) -> str | None:
        """Return the hosted zone that a name belongs to, the nearest; None where the file names none."""
        own = self.dns.hosted_zone_name or self.domain_name
        zones = [each for each in (own, *self.domains.hosted_zone_names) if each]
        return max(
            (each for each in zones if f".{name}".endswith(f".{each}")), key=len, default=None
        )

    @property
    def stack_name(self) -> str:
        """The Terraform stack's name."""
        return stack_name(self.stage)

    @property
    def local_state(self) -> str:
        """The file of a state that is in no bucket, in the folder of local states."""
        return f"terraform.{self.stack_name}.tfstate"

    @property
    def state_key(self) -> str:
        """The object that the state is in, where it is in a bucket."""
        return (self.state and self.state.key) or f"{self.stack_name}.tfstate"

    @property
    def state_region(self) -> str:
        """The region of the state's bucket, where there is one."""
        return (self.state and self.state.region) or self.region


def stack_name(stage: str) -> str:
    """Return the name of a stage's Terraform stack."""
    return f"atomic-{stage}"


def stage_defaults(stage: str, *, chosen: Mapping[str, Any]) -> dict[str, object]:
    """Return the defaults that follow from the stage's name and from what its file has `chosen`."""
    return {
        "stage": stage,
        "prefix": stack_name(stage),
        "default_tags": {
            "Project": "atomic-calendar",
            "Stage": stage,
            "ManagedBy": "cdktf",
        },
        "services": _service_defaults(chosen),
    }


def _service_defaults(chosen: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the rows, as two settings change them that a table of the stage file could not: it only adds."""
    rows = {service.name: service.model_dump(exclude_unset=True) for service in SERVICES}
    if chosen.get("session_tokens") == "key":
        hasura = rows["hasura"]
        del hasura["wait_for_url"], hasura["environment"]["HASURA_GRAPHQL_JWT_SECRET"]
        hasura["secrets"] |= {"HASURA_GRAPHQL_JWT_SECRET": "hasura-jwt-secret"}
        hasura["calls"] = tuple(name for name in hasura["calls"] if name != "app")
    match chosen:
        case {"services": {"supertokens": {"public": False}}}:
            # Then the application alone reaches the core, and upstream's sends no key.
            del rows["supertokens"]["secrets"]["API_KEYS"]
            del rows["app"]["secrets"]["SUPERTOKENS_API_KEY"]
    return rows
