"""What a stage's stack says of its tags."""

from pathlib import Path
from typing import Any

import pytest

from aws.client import Clients
from imports.recovery.recovery_stage import Stage
from terraform.cli import Terraform
from terraform.stack import Stack
from terraform.workspace import Workspace

TAGGED: dict[str, Any] = {"default_tags": [{"tags": {"Stage": "dev"}}]}


@pytest.mark.parametrize(("provider", "tags"), [(TAGGED, {"Stage": "dev"}), ({}, {})])
def test_a_stage_has_the_default_tags_of_its_stack_or_none(
    clients: Clients, tmp_path: Path, provider: dict[str, Any], tags: dict[str, str]
) -> None:
    stage = Stage(
        workspace=Workspace(stage="dev", environ={}),
        terraform=Terraform(folder=tmp_path, environment={}),
        stack=Stack(document={"provider": {"aws": [{"region": "us-east-1", **provider}]}}),
        state=None,
        record=None,
        broken=None,
        clients=clients,
    )

    assert stage.default_tags == tags
