"""What the app writes, and what AWS_ENDPOINT_URL changes in it: the provider and the backend alone."""

import os
import re
from pathlib import Path
from typing import Any

import pytest

from synth import stages as synthesis
from tests.conftest import Synthesize, read_stack
from tests.stack import Stack
from tests.stages import SHIPPED, STAGES_DIR, VARIANTS

REQUIRED = 'domain_name = "app.example.com"\noperator_email = "ops@example.com"\n'
# A `$` that is the application's own, a service for callers inside, and an S3 backend.
REMOTE = (
    REQUIRED
    + """
[services.inner]
port = 9100
[services.app]
calls = ["inner"]
[services.app.environment]
GREETING = "${USER} has %{count} of {domain}"
[state]
bucket = "acme-state"
region = "eu-west-1"
"""
)
SETTINGS = ("ATOMIC_STAGE", "ATOMIC_STAGES_DIR", "AWS_ENDPOINT_URL", "CDKTF_OUTDIR")


def run(outdir: Path, **environ: str) -> Path:
    """The folder of the stacks that the app writes in this environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name in SETTINGS:
            patch.delenv(name, raising=False)
        patch.setenv("ATOMIC_STATE_DIR", "/state")
        patch.setenv("CDKTF_OUTDIR", str(outdir))
        for name, value in environ.items():
            patch.setenv(name, value)
        assert synthesis.synthesize_stages(os.environ) == 0
    return outdir


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    outdir = tmp_path_factory.mktemp("emulated")
    run(outdir, ATOMIC_STAGE="dev", AWS_ENDPOINT_URL="http://127.0.0.1:4599")
    return read_stack(outdir, "atomic-dev")


@pytest.fixture(scope="module")
def emulated_remote(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    stages, outdir = tmp_path_factory.mktemp("stages"), tmp_path_factory.mktemp("remote")
    (stages / "qa.toml").write_text(REMOTE)
    run(outdir, ATOMIC_STAGES_DIR=str(stages), AWS_ENDPOINT_URL="http://127.0.0.1:4599")
    return read_stack(outdir, "atomic-qa")


def without(document: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in keys}


@pytest.mark.jsii
def test_it_writes_one_stack_for_each_stage(tmp_path: Path) -> None:
    run(tmp_path, ATOMIC_STAGES_DIR=str(STAGES_DIR))

    written = sorted(path.name for path in (tmp_path / "stacks").iterdir())
    assert written == sorted(f"atomic-{stage}" for stage in SHIPPED)


def test_it_writes_the_same_twice(tmp_path: Path, stack: Synthesize) -> None:
    run(tmp_path, ATOMIC_STAGE="dev")

    assert read_stack(tmp_path, "atomic-dev").json == stack("dev").json


def test_an_emulator_changes_nothing_but_provider_and_backend(
    stack: Synthesize, emulated: Stack
) -> None:
    here, there = stack("dev").json, emulated.json

    assert without(there, "provider") == without(here, "provider")


def test_an_emulators_provider_takes_dummy_keys_and_path_style(
    stack: Synthesize, emulated: Stack
) -> None:
    (provider,) = emulated.json["provider"]["aws"]
    (real,) = stack("dev").json["provider"]["aws"]

    assert provider == real | {
        "access_key": "test",
        "secret_key": "test",
        "s3_use_path_style": True,
        "skip_credentials_validation": True,
        "skip_metadata_api_check": "true",
        "skip_region_validation": True,
    }


@pytest.mark.jsii
def test_an_emulators_backend_takes_dummy_keys_and_path_style(emulated_remote: Stack) -> None:
    assert emulated_remote.json["terraform"]["backend"]["s3"] == {
        "bucket": "acme-state",
        "key": "atomic-qa.tfstate",
        "region": "eu-west-1",
        "encrypt": True,
        "use_lockfile": True,
        "access_key": "test",
        "secret_key": "test",
        "use_path_style": True,
        "skip_credentials_validation": True,
        "skip_metadata_api_check": True,
        "skip_requesting_account_id": True,
    }


def strings(value: Any) -> list[str]:
    """Every key and every text in a document."""
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in (key, *strings(item))]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [str(value)]


HINTS = (
    "skip_credentials",
    "skip_metadata",
    "skip_region",
    "skip_requesting",
    "path_style",
    "access_key",
    "secret_key",
    "127.0.0.1",
    "4599",
)


BESIDE = re.compile(
    r" 127\.0\.0\.1:\d+(?:/\$rest|\$request_uri);|127\.0\.0\.1:(?:13133|4317|4318)\b"
)


def hints(stack: Stack) -> list[str]:
    """Texts that speak of an emulator, but for the loopback addresses of proxy and collector in a task."""
    return [
        text
        for text in strings(stack.json)
        if text in {"test", "endpoints"} or any(hint in BESIDE.sub("", text) for hint in HINTS)
    ]


@pytest.mark.parametrize("stage", [*SHIPPED, *VARIANTS])
def test_nothing_hints_at_an_emulator_when_there_is_none(stack: Synthesize, stage: str) -> None:
    assert hints(stack(stage)) == []


@pytest.mark.jsii
def test_an_emulator_would_be_seen(emulated: Stack) -> None:
    assert sorted(hints(emulated)) == [
        "access_key",
        "s3_use_path_style",
        "secret_key",
        "skip_credentials_validation",
        "skip_metadata_api_check",
        "skip_region_validation",
        "test",
        "test",
    ]


@pytest.mark.parametrize("stage", [*SHIPPED, *VARIANTS])
def test_the_real_provider_has_region_and_tags_alone(stack: Synthesize, stage: str) -> None:
    provider, *elsewhere = stack(stage).json["provider"]["aws"]

    assert provider.keys() == {"region", "default_tags"}
    # CloudFront's certificate and firewall are in us-east-1.
    assert all(each.keys() == {"alias", "region", "default_tags"} for each in elsewhere)


@pytest.mark.jsii
def test_a_dollar_in_a_variable_is_the_applications_own(emulated_remote: Stack) -> None:
    environment = emulated_remote.containers("app")["app"]["environment"]

    (greeting,) = (pair["value"] for pair in environment if pair["name"] == "GREETING")
    # Terraform writes `${` for `$${`, and `%{` for `%%{`.
    assert greeting == "$${USER} has %%{count} of app.example.com"


@pytest.mark.jsii
def test_a_service_without_a_path_is_open_to_its_callers_only(emulated_remote: Stack) -> None:
    rules = emulated_remote.names("aws_vpc_security_group_ingress_rule")

    assert [name for name in rules if name.startswith("inner_from_")] == ["inner_from_app"]
    assert "load_balancer" not in emulated_remote.resource("aws_ecs_service", "inner")
