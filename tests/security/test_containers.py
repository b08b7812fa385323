"""Each container of each stage is held to the least, or reviewed; and each check finds its mistake."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from modules.settings.services import SERVICES as SERVICE_ROWS
from security.containers import container_failures
from security.exceptions import read_exceptions, review
from terraform.stack import Stack
from tests.conftest import Synthesize
from tests.stages import SHIPPED, VARIANTS, stage_settings

STAGES = [*SHIPPED, *VARIANTS]
ROWS = [row for row in read_exceptions() if row.check.startswith("CONTAINER_")]
SERVICES = 8
OWN = {service for each in [*map(stage_settings, STAGES)] for service in each.services} - {
    each.name for each in SERVICE_ROWS
}
TIGHT: Mapping[str, Any] = {
    "name": "one",
    "readonlyRootFilesystem": True,
    "user": "1000:1000",
    "linuxParameters": {"capabilities": {"drop": ["ALL"]}},
}


def found(definitions: object) -> list[tuple[str, str]]:
    document = {
        "resource": {"aws_ecs_task_definition": {"t": {"container_definitions": definitions}}}
    }
    return [
        (each.check, each.what)
        for each in container_failures(Stack(document=document), stage="dev")
    ]


@pytest.mark.parametrize("stage", STAGES)
def test_every_container_is_tight_or_reviewed(stack: Synthesize, stage: str) -> None:
    failures = container_failures(Stack(document=stack(stage).json), stage=stage)

    # A service of the stage's own is its owner's to look at.
    open_ = [
        each for each in review(failures, ROWS).open if each.resource.partition(".")[2] not in OWN
    ]
    assert open_ == []


def test_no_row_excuses_nothing_and_there_is_at_most_one_a_service(stack: Synthesize) -> None:
    failures = [
        each
        for stage in STAGES
        for each in container_failures(Stack(document=stack(stage).json), stage=stage)
    ]

    assert review(failures, ROWS).unused == ()
    assert len(ROWS) <= SERVICES


def test_what_comes_with_the_project_itself_is_tight(stack: Synthesize) -> None:
    failures = container_failures(Stack(document=stack("prod").json), stage="prod")

    assert {each.check for each in failures if each.what == "xray-collector"} == {"CONTAINER_USER"}
    assert {each.check for each in failures if each.what == "strip-proxy"} == {"CONTAINER_WRITABLE"}
    assert {each.check for each in failures if each.what == "database-authorities"} == {
        "CONTAINER_USER"
    }


def test_a_tight_container_has_nothing_against_it() -> None:
    assert found(json.dumps([TIGHT])) == []


@pytest.mark.parametrize(
    ("changed", "check"),
    [
        ({"readonlyRootFilesystem": False}, "CONTAINER_WRITABLE"),
        ({"user": "0:0"}, "CONTAINER_USER"),
        ({"user": "root"}, "CONTAINER_USER"),
        ({"user": None}, "CONTAINER_USER"),
        ({"linuxParameters": {}}, "CONTAINER_CAPABILITIES"),
        (
            {"linuxParameters": {"capabilities": {"drop": ["ALL"], "add": ["SYS_PTRACE"]}}},
            "CONTAINER_CAPABILITIES",
        ),
    ],
)
def test_each_check_finds_its_mistake(changed: dict[str, Any], check: str) -> None:
    assert found(json.dumps([{**TIGHT, **changed}])) == [(check, "one")]


@pytest.mark.parametrize("text", ["${jsonencode(local.x)}", "{", "[1]", None])
def test_what_cannot_be_read_is_no_pass(text: str | None) -> None:
    assert found(text) == [("CONTAINER_UNREAD", "container_definitions")]
