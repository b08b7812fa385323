"""What the integration tests share: one emulator, and on it dev beside a prod of another kind."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.cdktf import Cdktf
from local.emulator import Emulator, running_emulator
from local.one_step import stage_in_one_step

DEV, PROD = "atomic-dev", "atomic-prod"

# Everything that dev does not do: another prefix and block, three zones, no NAT, Aurora, a certificate of
# one's own, Kafka, a ninth service, data that is kept, every security switch.
PROD_STAGE = """
domain_name = "app.example.com"
operator_email = "ops@example.com"
prefix = "acme"
certificate_arn = "{certificate_arn}"
kafka = true

[network]
vpc_cidr_block = "10.42.0.0/16"
zone_count = 3
nat = "none"

[database]
engine = "aurora-serverless-v2"
login_roles = false

[security]
customer_managed_key = true
web_firewall = true
backups = true

[services.reports]
port = 9000
path = "/v1/reports"
priority = 70
max_tasks = 2
cpu_alarm = true
uses_database = true
secrets = {{ HASURA_GRAPHQL_ADMIN_SECRET = "hasura-admin-secret" }}
"""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A stage that stands on the emulator."""

    cdktf: Cdktf
    stack: str
    emulator: Emulator
    log: str

    def client(self, service: str) -> Any:
        """A boto3 client."""
        return self.emulator.client(service)

    @property
    def outputs(self) -> dict[str, str]:
        """The stack's outputs, as Terraform holds them."""
        text = self.cdktf.terraform(self.stack, "output", "-json").stdout
        return {name: output["value"] for name, output in json.loads(text).items()}

    @property
    def state_text(self) -> str:
        """The state file."""
        return self.cdktf.state_file(self.stack).read_text()


@pytest.fixture(scope="session")
def emulator_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the session's embedded AWS says what it has to say."""
    return tmp_path_factory.mktemp("emulator") / "aws.log"


@pytest.fixture(scope="session")
def emulator(emulator_log: Path) -> Iterator[Emulator]:
    """An embedded AWS for the session."""
    with emulator_log.open("w") as log, running_emulator(log) as running:
        yield running


@pytest.fixture(scope="session")
def deployments(
    emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Deployment]:
    """Dev and prod in full, deployed at the same time: most of it is waiting."""

    def deploy(stack: str, environment: dict[str, str]) -> Deployment:
        folder = tmp_path_factory.mktemp(stack)
        cdktf = Cdktf(folder=folder, environment={**emulator.environment, **environment})
        log = cdktf.run("deploy", stack, "--auto-approve")
        return Deployment(cdktf=cdktf, stack=stack, emulator=emulator, log=log)

    stages = tmp_path_factory.mktemp("stages")
    dev_stages = stage_in_one_step(tmp_path_factory.mktemp("dev-stages"))
    certificate = emulator.client("acm").request_certificate(
        DomainName="app.example.com", ValidationMethod="DNS"
    )
    write_stage(stages, "prod", PROD_STAGE.format(certificate_arn=certificate["CertificateArn"]))
    with ThreadPoolExecutor() as pool:
        dev = pool.submit(
            deploy, DEV, {"ATOMIC_STAGE": "dev", "ATOMIC_STAGES_DIR": str(dev_stages)}
        )
        prod = pool.submit(deploy, PROD, {"ATOMIC_STAGES_DIR": str(stages)})
        return {DEV: dev.result(), PROD: prod.result()}


@pytest.fixture(scope="session")
def dev(deployments: dict[str, Deployment]) -> Deployment:
    """Dev, deployed in full."""
    return deployments[DEV]


@pytest.fixture(scope="session")
def prod(deployments: dict[str, Deployment]) -> Deployment:
    """Prod, of another kind than dev."""
    return deployments[PROD]


def write_stage(folder: Path, stage: str, text: str) -> Path:
    """A folder of stage files with this one in it."""
    folder.mkdir(exist_ok=True)
    (folder / f"{stage}.toml").write_text(text)
    return folder


def assert_no_changes(cdktf: Cdktf, stack: str) -> None:
    """Let Terraform plan on what a deploy has just synthesized and initialized: nothing is left to do."""
    planned = cdktf.terraform(stack, "plan", "-input=false", "-no-color", "-detailed-exitcode")
    assert planned.returncode == 0, planned.stdout + planned.stderr
