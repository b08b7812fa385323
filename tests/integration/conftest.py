"""What the integration tests share: one emulator, and one full deploy of dev beside one of prod's base."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.cdktf import Cdktf
from local.emulator import Emulator, running_emulator

DEV, PROD = "atomic-dev", "atomic-prod"

# Prod without its services: what holds data is all there, and the deploy shares dev's time.
PROD_FOUNDATION = """
domain_name = "app.example.com"
operator_email = "ops@example.com"
phase = "foundation"

[network]
vpc_cidr_block = "10.1.0.0/16"

[database]
engine = "aurora-serverless-v2"
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
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An embedded AWS for the session."""
    log_path = tmp_path_factory.mktemp("emulator") / "aws.log"
    with log_path.open("w") as log, running_emulator(log) as running:
        yield running


@pytest.fixture(scope="session")
def deployments(
    emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Deployment]:
    """Dev in full and prod's foundation, deployed at the same time: most of it is waiting."""

    def deploy(stack: str, environment: dict[str, str]) -> Deployment:
        folder = tmp_path_factory.mktemp(stack)
        cdktf = Cdktf(folder=folder, environment={**emulator.environment, **environment})
        log = cdktf.run("deploy", stack, "--auto-approve")
        return Deployment(cdktf=cdktf, stack=stack, emulator=emulator, log=log)

    stages = tmp_path_factory.mktemp("stages")
    (stages / "prod.toml").write_text(PROD_FOUNDATION)
    with ThreadPoolExecutor() as pool:
        dev = pool.submit(deploy, DEV, {"ATOMIC_STAGE": "dev"})
        prod = pool.submit(deploy, PROD, {"ATOMIC_STAGES_DIR": str(stages)})
        return {DEV: dev.result(), PROD: prod.result()}


@pytest.fixture(scope="session")
def dev(deployments: dict[str, Deployment]) -> Deployment:
    """Dev, deployed in full."""
    return deployments[DEV]


@pytest.fixture(scope="session")
def prod(deployments: dict[str, Deployment]) -> Deployment:
    """The foundation of prod, on Aurora."""
    return deployments[PROD]


def write_stage(folder: Path, stage: str, text: str) -> Path:
    """A folder of stage files with this one in it."""
    folder.mkdir(exist_ok=True)
    (folder / f"{stage}.toml").write_text(text)
    return folder
