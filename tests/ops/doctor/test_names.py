"""What the doctor says of the names inside, and where it reads them."""

from dataclasses import replace

import pytest

from aws.client import Clients
from ops.deployed import Deployed
from ops.doctor import running
from ops.doctor.names import NameFacts, gather, judge_names
from terraform.workspace import Workspace
from tests.stages import stage_settings

FACTS = NameFacts(namespace="atomic-dev.internal", exists=True, searched=("atomic-dev.internal",))


@pytest.mark.parametrize(
    ("facts", "chosen", "state", "what", "remedy"),
    [
        (FACTS, None, "fine", "tasks search it", ""),
        (
            replace(FACTS, exists=False),
            None,
            "attention",
            "does not exist",
            "cdktf deploy atomic-dev",
        ),
        (
            replace(FACTS, servers=("10.0.0.9",)),
            None,
            "attention",
            "10.0.0.9, which do not know atomic-dev.internal",
            "forward it to Amazon",
        ),
        (
            replace(FACTS, searched=("corp.example.com",)),
            None,
            "attention",
            "http://supertokens:3567 of app is not found",
            "search_domain = true",
        ),
        (replace(FACTS, searched=()), False, "fine", "full names alone", ""),
    ],
)
def test_a_name_that_tasks_do_not_find_is_told(
    facts: NameFacts, *, chosen: bool | None, state: str, what: str, remedy: str
) -> None:
    (finding,) = judge_names(facts, chosen=chosen, stack="atomic-dev")

    assert (finding.name, finding.state) == ("names inside", state)
    assert what in finding.what
    assert remedy in finding.remedy


def test_a_stage_without_a_namespace_has_none(clients: Clients) -> None:
    deployed = Deployed(
        workspace=Workspace(stage="dev", environ={}),
        settings=stage_settings("dev"),
        clients=clients,
    )

    assert gather(deployed) == NameFacts(namespace="atomic-dev.internal", exists=False)


def test_an_agent_without_a_command_is_said_to_do_nothing() -> None:
    (finding,) = running.judge_commands(stage_settings("dev"))

    assert (finding.name, finding.state) == ("service python-agent", "fine")
    assert "it does nothing" in finding.what
