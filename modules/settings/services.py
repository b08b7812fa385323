"""What a service is: the columns of its row. The rows are in `services.toml`.

A stage file may change any column of a row (`[services.app]`) or add a row of its own. Longer than others:
one file shows all columns.
"""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from modules.settings.jobs import Job, ServiceAlarms
from modules.settings.setting_types import (
    PINNED_IMAGE,
    ClockTime,
    Days,
    Distinct,
    FilePath,
    Many,
    Name,
    Percent,
    Section,
    Word,
    matching,
    setting_error,
)

POSTGRES_PORT = 5432
NFS_PORT = 2049
HTTPS_PORT = 443
# Where the brokers of a managed Kafka listen, privately and publicly, one port for each kind of login.
# https://docs.aws.amazon.com/msk/latest/developerguide/port-info.html
KAFKA_PORTS = ((9092, 9098), (9194, 9198))

Port = Annotated[int, Field(ge=1, le=65535)]
Capacity = Literal["on-demand", "spot-with-fallback", "spot-only"]
CpuArchitecture = Literal["X86_64", "ARM64"]
# An ALB path pattern has at most 128 characters; `/*` takes two.
RoutePath = Annotated[
    str,
    matching(
        r"/|(?=.{2,126}$)(/[A-Za-z0-9_.-]+)+",
        "a path of at most 126 characters without wildcards",
        'begin with "/" and leave out a final one, as in "/v1/reports"',
    ),
]
# What a load balancer asks for may end with a slash or have a query; a brace would be Terraform's.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
HealthPath = Annotated[
    str,
    matching(
        r"/[A-Za-z0-9_.~!$&'()*+,;=:@%/?-]{0,1023}",
        "a path of at most 1024 characters that begins with a slash, as an address has it",
        'write it as in "/health" or "/health?full=1"',
    ),
]
ImageTag = Annotated[
    str,
    matching(
        r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}",
        "an image tag: letters, digits, underscores, dots and hyphens",
        'name one tag, as in "2026-05-01" or "latest"',
    ),
]
Image = Annotated[
    str,
    matching(
        rf"ecr|{PINNED_IMAGE}",
        '"ecr" or an image with its tag or digest, other than latest',
        'pin the image, as in "hasura/graphql-engine:v2.48.9"',
    ),
]

# An ALB's own form: statuses and ranges of them, with commas.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Matcher.html
HealthMatcher = Annotated[
    str,
    matching(
        r"(?=.{3,128}$)[2-4]\d\d(-[2-4]\d\d)?(,[2-4]\d\d(-[2-4]\d\d)?)*",
        "HTTP statuses from 200 to 499, ranges of them, or both with commas",
        'write it as in "200-399" or "200,401"',
    ),
]
# How ECS says who runs what follows: nobody, or the container's shell, which takes it as one text.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
HEALTH_RUNNERS = ("CMD", "CMD-SHELL")


def _health_command(words: tuple[str, ...]) -> tuple[str, ...]:
    runner, following = words[:1], len(words) - 1
    if (runner == ("CMD",) and not following) or (runner == ("CMD-SHELL",) and following != 1):
        raise setting_error(
            "a command's words, or CMD-SHELL and one text for the shell",
            'write it as in ["CMD-SHELL", "curl -f http://localhost:3000/ || exit 1"]',
        )
    return words


HealthCommand = Annotated[Many[Word], AfterValidator(_health_command)]
ContainerUser = Annotated[
    str,
    matching(
        r"[a-z0-9_][a-z0-9_.-]*(:[a-z0-9_][a-z0-9_.-]*)?",
        "a user, or a user and a group with a colon, by name or number",
        'write it as in "1000:1000"',
    ),
]
WaitForUrl = Annotated[
    str,
    matching(
        r"http://(?:[A-Za-z0-9.-]|\{[a-z][a-z0-9_]*\})+:([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])"
        r"/[A-Za-z0-9._~/?&=%-]*",
        "an http:// address with a port and a path, the port from 1 to 65535",
        'write it as in "http://app.{namespace}:3000/healthz"',
    ),
]
# The task that runs SQL inside the stage: its container, and the last part of its family, log group and role.
DATABASE_TASK = "database-apply"
# The task that `database connect` tunnels through.
DATABASE_TUNNEL = "database-connect"
# Labels that say where they may run, because no service needs to exist before them.
TASK_SUBNETS, TASK_GROUPS = "atomic.subnets", "atomic.security-groups"
TASK_PUBLIC = "atomic.assign-public-ip"

# What a value of `environment` may hold in braces.
PLACEHOLDERS = ("domain", "region", "bucket", "namespace", "keep_alive_ms")
# Where the proxy beside a container listens. No container of the same task may.
PROXY_PORT = 8000
# Where the trace collector listens: OTLP by gRPC and by HTTP, and its health check.
COLLECTOR_PORTS = OTLP_GRPC_PORT, OTLP_HTTP_PORT, COLLECTOR_HEALTH_PORT = 4317, 4318, 13133

# The rules of the load balancer that redirect further names: behind the maintenance page, before every path.
FIRST_REDIRECT = 2
MOST_REDIRECT_RULES = 2
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html
LAST_PRIORITY = 50_000
# The image of a service that the project builds: its own ECR repository, with `image_tag`.
OWN_REPOSITORY = "ecr"
# How `dockerfile` names a file of this project.
OF_THIS_PROJECT = "project:"


def names_in_braces(value: str) -> list[str]:
    """Return the names that a value of `environment` has in braces, ours and others."""
    return re.findall(r"\{([a-z][a-z0-9_]*)\}", value)


class ScheduledScaling(Section):
    """From a time of day on, other bounds for a service's tasks."""

    at: ClockTime
    """when, in the stage's `time_zone`"""
    days: Days = "MON-SUN"
    """on which days of the week"""
    min_tasks: int = Field(ge=0, le=5000)
    """least number of tasks from then on"""
    max_tasks: int = Field(ge=0, le=5000)
    """most tasks from then on"""


class SecondRoute(Section):
    """Another path of the load balancer to another port of the container, stripped by the same proxy."""

    path: RoutePath
    """the path that is routed, with all below it"""
    port: Port
    """the port that the container listens on for it"""
    priority: int = Field(ge=1, le=LAST_PRIORITY)
    """the rule's priority, the least first"""


class Service(Section):
    """One ECS service on Fargate.

    `environment` may use `{domain}`, `{region}`, `{bucket}`, `{namespace}` and `{keep_alive_ms}`, which is
    longer than the load balancer keeps a quiet connection. `secrets` maps a variable to one of the platform's
    secrets (`modules.settings.secrets`) or one of the stage's own (`[secrets.NAME]`), `NAME` or
    `NAME:JSON_KEY`; `optional_secrets` gives what the stage declares, and leaves the rest out.
    """

    name: Name
    """the service's name, the last part of its physical names"""
    enabled: bool = True
    """`false` leaves the service out of the stage; while the stage retains its data, its registry and log
    group stay"""
    renamed_from: Name | None = None
    """the name that it had before, which its registry keeps, with the images"""
    image: Image = OWN_REPOSITORY
    """`ecr` for the project's own repository, or a pinned image"""
    image_tag: ImageTag = "latest"
    """the tag in the project's repository"""
    build_context: FilePath | None = None
    """the folder that the image is built from, below `images.source` or, by `../`, beside it; default: the
    service's name"""
    dockerfile: FilePath = "Dockerfile"
    """the Dockerfile, below `build_context`; `project:images/...` for one of this project"""
    build_args: dict[str, str] = Field({})
    """build arguments, for everybody to read in the image: no secrets; `{domain}` as in `environment`"""
    build_folder: FilePath | None = None
    """a folder below `images.source` with a Dockerfile of its own: it takes the place of `build_context` and
    `dockerfile`"""
    command: Many[Word] = ()
    """what the container runs; default: what its image says"""
    user: ContainerUser | None = None
    """the user that it runs as; default: what its image says"""
    read_only_root: bool = False
    """its files are read-only, but for an empty `/tmp` of the task's own"""
    exec_enabled: bool = False
    """`ops exec` opens shells in its tasks, which are logged; takes `read_only_root` off; where the stage
    retains its data, `security.exec_allowed` has to allow it"""
    wait_for_url: WaitForUrl | None = None
    """it starts when this address answers 200; needs `command`, and bash in the image"""
    port: Port | None = None
    """the container's port; without it nothing is routed"""
    behind_port: Port | None = None
    """the port that the container itself listens on, and a proxy beside it has `port`: for a server that
    closes quiet connections before the load balancer does"""
    aliases: Many[Name] = ()
    """other names that it is reached by inside"""
    path: RoutePath | None = None
    """path that the load balancer routes, with all below it; `/` is all the rest"""
    priority: int | None = Field(None, ge=1, le=LAST_PRIORITY)
    """the rule's priority, the least first"""
    public: bool = True
    """the load balancer routes its `path`; `false` leaves it to those who call it inside"""
    strip_path: bool = False
    """a proxy beside the container takes `path` off: `/v1/x/a?b` arrives as `/a?b`"""
    second_route: SecondRoute | None = None
    """a second path to another port, through the same proxy: `path`, `port`, `priority`"""
    health_path: HealthPath = "/"
    """the page that the health check asks for, below `path` where that is stripped"""
    health_matcher: HealthMatcher = "200-399"
    """the answers of a healthy container, as in `200-399` or `200,401`"""
    health_grace_seconds: int = Field(120, ge=0, le=2147483647)
    """time to start before health checks count"""
    cpu_architecture: CpuArchitecture = "X86_64"
    """`ARM64` (Graviton) costs a fifth less; the image has to be built for it"""
    cpu_units: int = 256
    """CPU of a task, 1024 for one vCPU"""
    memory_mib: int = 512
    """memory of a task"""
    min_tasks: int = Field(1, ge=0, le=5000)
    """least number of tasks"""
    max_tasks: int = Field(1, ge=0, le=5000)
    """most tasks; above `min_tasks` the service scales"""
    schedule: Many[ScheduledScaling] = ()
    """other bounds by the clock: a table of `at`, `days`, `min_tasks`, `max_tasks` each"""
    cpu_target_percent: Percent = 70
    """CPU at which the service scales"""
    memory_target_percent: Percent = 70
    """memory at which the service scales"""
    scale_in_cooldown_seconds: int = Field(300, ge=0)
    """wait between removing tasks"""
    scale_out_cooldown_seconds: int = Field(60, ge=0)
    """wait between adding tasks"""
    capacity: Capacity = "on-demand"
    """`on-demand`; `spot-with-fallback`: one task on demand, further ones mostly Spot; `spot-only`: nothing
    runs when Spot is short"""
    spot_weight: int = Field(4, ge=1, le=1000)
    """Spot tasks for each further one on demand"""
    single_writer: bool = False
    """never two tasks at once: a deployment stops the old one first"""
    health_command: HealthCommand = ()
    """a command in the container that ends with 0 while it is healthy, `["CMD-SHELL", "..."]` by its shell; a
    task that fails it three times is replaced, also one without a port"""
    jobs: dict[str, Job] = Field({})
    """what it does by the clock, by name"""
    policies: Distinct[str] = ()
    """what it may do in AWS beside its own: policies of the `extension` by name, or files of JSON, as in
    `policies/read-reports.json`"""
    unbounded_policies: Distinct[str] = ()
    """of its `policies` those that may allow every action of a service, or anything on every resource"""
    environment: dict[str, str] = Field({})
    """environment variables"""
    secrets: dict[str, str] = Field({})
    """variables from secrets"""
    optional_secrets: dict[str, str] = Field({})
    """variables from secrets of one's own, `NAME:KEY`, that are left out where the stage does not declare the
    secret"""
    calls: Distinct[str] = ()
    """services that it may reach on their port"""
    outbound_ports: Many[Port] = ()
    """TCP ports that it may reach anywhere, besides 443"""
    uses_database: bool = False
    """may reach the database"""
    uses_bucket: bool = False
    """may read and write the data bucket"""
    uses_file_storage: bool = False
    """mounts the LanceDB file system"""
    uses_kafka: bool = False
    """gets the Kafka brokers when Kafka is on"""
    traced: bool = True
    """runs the trace collector beside it"""
    latency_threshold_seconds: float = Field(1, gt=0)
    """p90 response time of its alarm"""
    cpu_alarm: bool = False
    """has an alarm on its CPU"""
    on_dashboard: bool = False
    """its CPU and memory are on the dashboard"""
    alarms: ServiceAlarms = ServiceAlarms()

    @property
    def registry(self) -> str:
        """The last part of its registry's name: of a service that was renamed, the name it had before."""
        return self.renamed_from or self.name

    @property
    def has_own_image(self) -> bool:
        """Whether the project builds its image, and keeps it in a registry of its own."""
        return self.image == OWN_REPOSITORY

    @property
    def files_are_read_only(self) -> bool:
        """Whether its container cannot write: ECS' agent for shells has to."""
        return self.read_only_root and not self.exec_enabled

    @property
    def routed(self) -> bool:
        """Whether the load balancer leads to it."""
        return self.public and self.path is not None and self.port is not None

    @property
    def stripped(self) -> bool:
        """Whether a proxy beside it takes its path off."""
        return self.routed and self.strip_path

    @property
    def proxied(self) -> bool:
        """Whether there is a proxy beside it."""
        return self.stripped or self.behind_port is not None

    @property
    def own_port(self) -> int | None:
        """The port that its own container listens on."""
        return self.behind_port or self.port

    @property
    def routed_port(self) -> int | None:
        """The port of its task that the load balancer opens connections to."""
        return PROXY_PORT if self.stripped else self.port

    @property
    def routed_health_path(self) -> str:
        """The page that the load balancer asks for: through the proxy, where there is one."""
        if not self.stripped:
            return self.health_path
        return f"{self.path}{'' if self.health_path == '/' else self.health_path}"


SERVICES: tuple[Service, ...] = tuple(
    Service.model_validate({"name": name, **row})
    for name, row in tomllib.loads(
        Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    ).items()
)
