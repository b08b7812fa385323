"""`python -m ops database apply`: what a person and a program are told of each end of the task."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.commands import database
from ops.database.logins import Login
from ops.database.script import ASKS, CHANGED, CONNECT, FAILED, SAYS
from ops.deployed import Deployed, open_stage
from ops.tasks.database_task import Applied
from tests.answer import Answer
from tests.ops.answering import answer

ROLES = ("supertokens", "hasura", "optaplanner")
LOGINS = tuple(
    Login(role=role, secret=f"{role}-db-role", password="planted", waits=False) for role in ROLES
)
STRINGS = [f"{role}-db-conn-string" for role in ROLES]
Play = Callable[..., Answer]


def ended(exit_code: int, *said: str, log: tuple[str, ...] = (), ran: bool = True) -> Applied:
    lines = (*(f"{SAYS}{line}" for line in said), *log)
    return Applied(task_id="task-1", exit_code=exit_code, log=lines, said=said, ran=ran)


@pytest.fixture
def play(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Play:
    """The command on a folder of one file, with a task that ends as it is told; `tagged` what it tagged."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("ATOMIC_STAGES_DIR", raising=False)
    (tmp_path / "0001-a.sql").write_text("SELECT 1;")

    def played(
        task: Applied, *arguments: str, outcome: str = "already", after: Applied | None = None
    ) -> Answer:
        tasks = iter([task, after])
        moves: list[bool] = []

        def run(*_: Any, may_move: bool, **__: Any) -> Applied | None:
            moves.append(may_move)
            return next(tasks)

        tagged: list[Any] = []
        monkeypatch.setattr(database, "read_logins", lambda _: LOGINS)
        monkeypatch.setattr(database, "apply_in_task", run)
        monkeypatch.setattr(database, "put_logins", lambda *_: dict.fromkeys(STRINGS, outcome))
        monkeypatch.setattr(database, "tag_logins", lambda _, logins: tagged.extend(logins))
        said = answer(
            monkeypatch, capsys, "database", "apply", tmp_path, "--stage", "dev", *arguments
        )
        assert bool(tagged) is (said.code == 0)
        played.moves = moves  # type: ignore[attr-defined]  # for the tests to read
        return said

    return played


def test_a_run_that_went_well_shows_its_log_and_tags_the_roles(play: Play) -> None:
    said = play(ended(0, "roles", "applying 0001-a.sql", "applied 0001-a.sql", log=("NOTICE: x",)))

    assert said.code == 0, said.errors
    assert f"{SAYS}applied 0001-a.sql" in said.text
    assert "NOTICE: x" in said.text
    assert "1 applied now, 0 before; the roles can log in" in said.text


def test_where_no_container_runs_it_says_that_no_sql_was_run(play: Play) -> None:
    said = play(ended(0, ran=False))

    assert "runs no container: no SQL was run there" in said.text


def test_an_upgrade_says_what_now_names_a_role_and_what_has_to_restart(play: Play) -> None:
    said = play(ended(0), outcome="replaced")

    assert "hasura-db-conn-string names the service's own role now" in said.text
    assert "ops restart --stage dev hasura optaplanner supertokens" in said.text


def test_a_string_of_somebodys_own_is_told(play: Play) -> None:
    assert "holds what nobody here composed, and stays" in play(ended(0), outcome="kept").text


def test_what_would_change_hands_is_listed_and_nothing_done_unasked(play: Play) -> None:
    said = play(ended(ASKS, "move table public.a to hasura", "taken optaplanner"))

    assert said.code == 2
    assert "  table public.a to hasura" in said.text
    assert "the password of the role optaplanner, which is there" in said.text
    assert "nothing was done: not a terminal: pass --yes" in said.text


def test_programs_are_told_what_would_change_hands(play: Play) -> None:
    said = play(ended(ASKS, "move table public.a to hasura"), "--json")

    assert said.code == 2
    assert json.loads(said.text)["asks"] == ["table public.a to hasura"]


def test_with_yes_the_task_may_move_from_the_start(play: Play) -> None:
    play(ended(0), "--yes")

    assert play.moves == [True]  # type: ignore[attr-defined]  # of the fixture


def test_a_changed_file_is_refused_by_name(play: Play) -> None:
    said = play(ended(CHANGED, "changed 0001-a.sql"))

    assert said.code == 1
    assert "applied before and changed since: 0001-a.sql; nothing was done" in said.errors


def test_a_broken_file_is_named_with_its_error_and_with_what_stays(play: Play) -> None:
    error = 'psql:0003.sql:2: ERROR: syntax error at or near "SELEKT"'
    said = play(
        ended(
            FAILED,
            *("roles", "applying 0001.sql", "applied 0001.sql", "applying 0003.sql"),
            log=(error,),
        )
    )

    assert said.code == 1
    assert f"0003.sql failed and was rolled back ({error})" in said.errors
    assert "applied now, and staying: 0001.sql" in said.errors


def test_a_database_that_does_not_answer_is_told_with_the_reason(play: Play) -> None:
    said = play(ended(CONNECT, log=("psql: error: certificate verify failed",)))

    assert said.code == 1
    assert "ended with 4 (psql: error: certificate verify failed): see that the database" in (
        said.errors
    )


def test_a_stage_that_only_adopts_is_refused(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open_stage("dev")
    adopting = Deployed(
        workspace=opened.workspace,
        settings=opened.settings.model_copy(update={"phase": "adopt"}),
        clients=opened.clients,
    )
    monkeypatch.setattr(database, "open_with_database", lambda _: adopting)

    said = play(ended(0))

    assert said.code == 1
    assert "stage dev is in phase adopt and runs no task" in said.errors
