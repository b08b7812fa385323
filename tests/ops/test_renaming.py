"""A service's new name in a stage file: what is written, what is kept, and what is refused."""

import tomllib
from typing import Any

import pytest

from common.errors import UserError
from modules.settings.stage_files import parse_stage
from modules.settings.stage_settings import StageSettings
from ops.renaming import renamed

HEAD = 'domain_name = "app.example.com"\noperator_email = "ops@example.com"\n'
REPORTS = """
# What the board reads.
[services.reports]
port = 8000
path = "/v1/reports"
priority = 70

[services.app]
calls = ["supertokens", "hasura", "functions", "reports"]
"""


def stage(text: str) -> StageSettings:
    settings, errors = parse_stage(tomllib.loads(text), stage="dev")
    assert not errors
    return settings


def after(text: str, old: str, new: str) -> tuple[StageSettings, dict[str, Any]]:
    changed = renamed(text, stage(text), old, new)
    return stage(changed), tomllib.loads(changed)["services"]


def test_its_registry_its_sources_and_its_old_name_inside_are_kept() -> None:
    _, services = after(HEAD + REPORTS, "reports", "insights")

    assert services["insights"] == {
        "port": 8000,
        "path": "/v1/reports",
        "priority": 70,
        "renamed_from": "reports",
        "build_context": "reports",
        "aliases": ["reports"],
    }
    assert "reports" not in services


def test_who_calls_it_calls_the_new_name() -> None:
    settings, _ = after(HEAD + REPORTS, "reports", "insights")

    assert settings.services["app"].calls == ("supertokens", "hasura", "functions", "insights")


def test_one_of_the_applications_own_is_left_out_and_its_row_goes_on() -> None:
    text = HEAD + '[secrets.google]\nkeys = ["CLIENT_ID_WEB"]\n'
    before = stage(text).services["functions"]

    settings, services = after(text, "functions", "backend")

    now = settings.services["backend"]
    assert services["functions"] == {"enabled": False}
    assert (now.environment, now.secrets, now.second_route, now.build_context) == (
        before.environment,
        before.secrets,
        before.second_route,
        "atomic-docker",
    )
    assert (now.renamed_from, now.aliases) == ("functions", ("functions",))
    assert settings.services["app"].calls == ("supertokens", "hasura", "backend")
    assert settings.services["optaplanner"].calls == ("backend",)


def test_of_one_that_uses_the_database_the_empty_group_stays() -> None:
    text = HEAD + REPORTS.replace("port = 8000", "port = 8000\nuses_database = true")

    settings, services = after(text, "reports", "insights")

    assert services["reports"] == {
        "enabled": False,
        "build_context": "reports",
        "uses_database": True,
    }
    assert settings.beside.left_out["reports"].uses_database


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("reports", "app", "stage dev has a service app already"),
        ("reports", "Insights", "lower-case letters"),
        ("reports", "network", "a name that no part of the platform has"),
    ],
)
def test_a_name_that_cannot_be_is_refused(old: str, new: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        after(HEAD + REPORTS, old, new)


def test_a_second_new_name_is_refused() -> None:
    text = renamed(HEAD + REPORTS, stage(HEAD + REPORTS), "reports", "insights")

    with pytest.raises(UserError, match="a service is renamed once"):
        renamed(text, stage(text), "insights", "boards")
