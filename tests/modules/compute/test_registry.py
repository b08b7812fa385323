"""Registries that were there before: their owner's images stay."""

import os
from pathlib import Path, PurePath

import pytest

from modules.settings.stage_files import parse_stage
from synth.bindings import accelerate
from tests.conftest import read_stack

pytestmark = pytest.mark.jsii

ADOPTED = frozenset({"aws_ecr_repository.app", "aws_ecr_repository.python_agent"})


def expiring(folder: Path, **settings: object) -> list[str]:
    """The registries whose images expire, in a stage that adopted two."""
    accelerate(os.environ)
    from modules.app import synthesize  # noqa: PLC0415  # starts the jsii kernel

    stage, mistakes = parse_stage({"phase": "foundation", **settings}, stage="live")
    assert not mistakes, mistakes
    synthesize(
        [stage],
        adopted={"live": ADOPTED},
        outdir=str(folder),
        state_folder=PurePath("/state"),
        emulated=False,
    )
    return read_stack(folder, stage.stack_name).names("aws_ecr_lifecycle_policy")


def test_no_image_expires_in_a_registry_that_was_there_before(tmp_path: Path) -> None:
    assert expiring(tmp_path) == ["functions", "handshake", "oauth", "optaplanner"]


def test_it_does_where_the_stage_file_allows_it(tmp_path: Path) -> None:
    allowed = ["aws_ecr_lifecycle_policy.python_agent"]

    assert expiring(tmp_path, allow_overwrite=allowed) == [
        "functions",
        "handshake",
        "oauth",
        "optaplanner",
        "python_agent",
    ]
