"""What a stage's stack says of its tags."""

from pathlib import Path
from typing import Any

import pytest

from aws.client import Clients
from imports.recovery import recovery_stage
from imports.recovery.recovery_stage import LostStage
from terraform.cli import Terraform
from terraform.stack import Stack
from terraform.workspace import Workspace

TAGGED: dict[str, Any] = {"default_tags": [{"tags": {"Stage": "dev"}}]}


@pytest.mark.parametrize(("provider", "tags"), [(TAGGED, {"Stage": "dev"}), ({}, {})])
def test_a_stage_has_the_default_tags_of_its_stack_or_none(
    clients: Clients, tmp_path: Path, provider: dict[str, Any], tags: dict[str, str]
) -> None:
    stage = LostStage(
        workspace=Workspace(stage="dev", environ={}),
        terraform=Terraform(folder=tmp_path, environment={}),
        stack=Stack(document={"provider": {"aws": [{"region": "us-east-1", **provider}]}}),
        state=None,
        record=None,
        broken=None,
        clients=clients,
    )

    assert stage.default_tags == tags


def test_what_was_half_made_loses_its_mark_and_all_else_stays() -> None:
    half = {"status": "tainted", "attributes": {"id": "fs-1"}}
    whole = {"attributes": {"id": "vpc-1"}}
    state = {
        "serial": 3,
        "resources": [
            {"type": "aws_efs_file_system", "name": "lancedb", "instances": [half]},
            {"type": "aws_vpc", "name": "main", "instances": [whole]},
        ],
    }

    assert recovery_stage.untainted(state) == {
        "serial": 3,
        "resources": [
            {
                "type": "aws_efs_file_system",
                "name": "lancedb",
                "instances": [{"attributes": {"id": "fs-1"}}],
            },
            {"type": "aws_vpc", "name": "main", "instances": [whole]},
        ],
    }


def test_flat_attributes_and_foreign_objects_leave_the_rest_of_a_state_readable() -> None:
    vpc = {"mode": "managed", "type": "aws_vpc", "name": "main"}
    flat = {"attributes_flat": {"id": "sg-1", "tags.%": "1", "tags.Name": "own"}}
    state = {
        "resources": [
            {**vpc, "instances": [{"attributes": {"id": "vpc-1"}}, "odd"]},
            {**vpc, "module": "module.theirs", "instances": [{"attributes": {"id": "vpc-2"}}]},
            {"mode": "managed", "type": "aws_security_group", "name": "old", "instances": [flat]},
            {"mode": "data", "type": "aws_region", "name": "here", "instances": [{}]},
            {"mode": "later", "type": "aws_new", "name": "kind", "instances": None},
            {"mode": "data", "name": "without a type", "instances": [{}]},
            {"mode": "data", "type": ["aws_region"], "name": "listed", "instances": [{}]},
        ]
    }

    assert recovery_stage.held_attributes(state) == {
        "aws_vpc.main": {"id": "vpc-1"},
        "module.theirs.aws_vpc.main": {"id": "vpc-2"},
        "aws_security_group.old": {"id": "sg-1", "tags": {"Name": "own"}},
        "data.aws_region.here": {},
    }
    assert recovery_stage.held_ids(state) == {"vpc-1", "vpc-2", "sg-1"}
    assert recovery_stage.held_attributes({"resources": None}) == {}
