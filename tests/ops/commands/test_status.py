"""Waiting for deployments, and what the screen says of one that was taken back."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

import ops.commands.status as status_module
from ops.commands.status import _rollout, _settled
from ops.facts.services import Deployment, ServiceFacts
from tests.ops.answering import answer
from tests.stages import stage_settings

WELL = ServiceFacts(
    name="app",
    stands=True,
    desired=1,
    running=1,
    deployment=Deployment(state="COMPLETED", reason="", since=None),
    task_definition="app:7",
    newest="app:7",
)
UNDER_WAY = replace(WELL, deployment=Deployment(state="IN_PROGRESS", reason="", since=None))
ROLLED_BACK = replace(WELL, task_definition="app:6")


@pytest.fixture(name="answers")
def _answers(monkeypatch: pytest.MonkeyPatch) -> list[ServiceFacts]:
    """What ECS says of the one service, call after call; the last answer stays."""
    answers: list[ServiceFacts] = []

    def ask(_deployed: object) -> tuple[ServiceFacts, ...]:
        return (answers.pop(0) if len(answers) > 1 else answers[0],)

    monkeypatch.setattr(status_module, "service_facts", ask)
    monkeypatch.setattr(status_module, "_POLL_SECONDS", 0)
    return answers


def settled(said: list[str]) -> tuple[ServiceFacts, ...]:
    return _settled(cast("Any", None), said.append)


def test_it_waits_until_the_deployment_is_decided(answers: list[ServiceFacts]) -> None:
    answers += [UNDER_WAY, UNDER_WAY, WELL]
    said: list[str] = []

    assert settled(said) == (WELL,)
    assert said == ["deployments under way: app"] * 2


def test_it_does_not_wait_for_ever(
    answers: list[ServiceFacts], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_module, "_LONGEST_WAIT_SECONDS", -1)
    answers.append(UNDER_WAY)

    assert settled([]) == (UNDER_WAY,)


@pytest.mark.parametrize(
    ("service", "code"),
    [
        (WELL, 0),
        (ROLLED_BACK, 2),
        (replace(WELL, deployment=Deployment(state="FAILED", reason="", since=None)), 2),
    ],
    ids=["completed", "rolled back", "failed"],
)
def test_the_exit_code_after_waiting_tells_whether_the_deployment_holds(
    answers: list[ServiceFacts],
    service: ServiceFacts,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answers += [UNDER_WAY, service]
    for name, value in (
        ("open_stage", SimpleNamespace(settings=stage_settings("dev"), clients=None)),
        ("account_of", "123456789012"),
        ("alarm_facts", ()),
        ("database_facts", None),
        ("maintenance_facts", None),
    ):
        monkeypatch.setattr(status_module, name, lambda _asked, value=value: value)
    monkeypatch.setattr(status_module, "service_metrics", lambda _deployed, _services: ())

    assert answer(monkeypatch, capsys, "status", "--stage", "dev", "--wait").code == code


def test_a_deployment_that_was_taken_back_is_not_called_completed() -> None:
    assert _rollout(ROLLED_BACK) == "rolled back"
    assert _rollout(WELL) == "completed"
