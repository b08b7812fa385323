"""Secrets that a stage declares: what is told of them, and how a person sets one key and keeps the others."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aws.client import Clients
from common.errors import UserError
from modules.settings.secrets import PLACEHOLDER
from modules.settings.stage_files import parse_stage
from ops.deployed import Deployed
from ops.doctor.contents import judge_optional_secrets, judge_secrets
from ops.secrets.secret_values import remedy, secret_row, secret_state
from terraform.workspace import Workspace
from tests.answer import Answer
from tests.ops.answering import answer

STAGE = "dev"
SET = "python -m ops secrets set"
WEB = {"CLIENT_ID_WEB": "1.apps", "CLIENT_SECRET_WEB": "planted-secret"}
DECLARED: dict[str, Any] = {
    "google": {"keys": list(WEB)},
    "stripe": {"keys": ["KEY", "WEBHOOK"]},
    "sentry-dsn": {},
}
SERVICES = {"app": {"secrets": {"STRIPE": "stripe:KEY", "SENTRY": "sentry-dsn"}}}


@pytest.fixture
def stage(tmp_path: Path, clients: Clients) -> Deployed:
    """A stage of three secrets of its own, as a deploy leaves them."""
    document = {
        "domain_name": "app.example.com",
        "operator_email": "ops@example.com",
        "secrets": DECLARED,
        "services": SERVICES,
    }
    settings, mistakes = parse_stage(document, stage=STAGE)
    assert not mistakes
    for name, keys in {"google": WEB, "stripe": ["KEY", "WEBHOOK"], "sentry-dsn": None}.items():
        value = json.dumps(dict.fromkeys(keys, PLACEHOLDER)) if keys else PLACEHOLDER
        clients("secretsmanager").create_secret(Name=f"atomic-dev-{name}", SecretString=value)
    workspace = Workspace(stage=STAGE, environ={"ATOMIC_STAGES_DIR": str(tmp_path)})
    return Deployed(workspace=workspace, settings=settings, clients=clients)


def stored(stage: Deployed, name: str) -> str:
    value = stage.clients("secretsmanager").get_secret_value(SecretId=f"atomic-dev-{name}")
    return str(value["SecretString"])


def store(stage: Deployed, name: str, value: str) -> None:
    stage.clients("secretsmanager").put_secret_value(
        SecretId=f"atomic-dev-{name}", SecretString=value
    )


def state(stage: Deployed, name: str) -> tuple[str, tuple[str, ...], bool]:
    """What it holds, the keys that hold nothing, and whether a person has to see to it."""
    found = secret_state(stage, secret_row(name, stage.settings.secret_rows))
    return found.state, found.keys, found.waits


Run = Callable[..., Answer]


@pytest.fixture
def run(
    stage: Deployed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """`secrets …` with something on standard input."""

    def run(*arguments: object, piped: str = "") -> Answer:
        monkeypatch.setattr("ops.commands.secrets.open_stage", lambda _stage: stage)
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(piped.encode())))
        return answer(monkeypatch, capsys, "secrets", *arguments, "--stage", STAGE)

    return run


def test_a_required_secret_waits_for_each_of_its_keys(stage: Deployed) -> None:
    assert state(stage, "stripe") == ("placeholder", ("KEY", "WEBHOOK"), True)

    store(stage, "stripe", json.dumps({"KEY": "k", "WEBHOOK": PLACEHOLDER}))
    assert state(stage, "stripe") == ("placeholder", ("WEBHOOK",), True)

    store(stage, "stripe", json.dumps({"KEY": "k", "WEBHOOK": "w"}))
    assert state(stage, "stripe") == ("set", (), False)


def test_an_optional_secret_does_not_wait(stage: Deployed) -> None:
    assert state(stage, "google") == ("placeholder", tuple(WEB), False)


@pytest.mark.parametrize("value", ["no json", '["a"]', '{"CLIENT_ID_WEB": "1"}'])
def test_a_key_that_is_not_there_waits_even_so_for_no_task_starts(
    stage: Deployed, value: str
) -> None:
    store(stage, "google", value)

    assert state(stage, "google")[0] == "incomplete"
    assert state(stage, "google")[2]


def test_a_key_that_is_no_text_is_not_there(stage: Deployed) -> None:
    store(stage, "stripe", json.dumps({"KEY": 5, "WEBHOOK": "w"}))

    assert state(stage, "stripe") == ("incomplete", ("KEY",), True)


def test_one_missing_key_is_set_by_its_name(stage: Deployed) -> None:
    store(stage, "stripe", json.dumps({"KEY": "k"}))
    found = secret_state(stage, secret_row("stripe", stage.settings.secret_rows))

    assert remedy(found, stage=STAGE) == f"{SET} stripe --stage dev --key WEBHOOK"


def test_one_key_is_set_and_the_others_stay(stage: Deployed, run: Run) -> None:
    store(stage, "stripe", json.dumps({"KEY": "old", "WEBHOOK": "kept", "MORE": "kept too"}))

    said = run("set", "stripe", "--key", "KEY", "--no-restart", piped="new\n")

    assert json.loads(stored(stage, "stripe")) == {
        "KEY": "new",
        "WEBHOOK": "kept",
        "MORE": "kept too",
    }
    assert said.code == 0
    assert "stripe is set: KEY" in said.text
    assert "new" not in said.text.replace("new deployment", "")


def test_several_keys_come_as_json_and_the_others_stay(stage: Deployed, run: Run) -> None:
    store(stage, "stripe", json.dumps({"KEY": "old", "WEBHOOK": "kept"}))

    run("set", "stripe", "--no-restart", piped='{"KEY": "new"}')

    assert json.loads(stored(stage, "stripe")) == {"KEY": "new", "WEBHOOK": "kept"}


def test_a_declared_key_that_nobody_has_given_gets_the_placeholder(
    stage: Deployed, run: Run
) -> None:
    store(stage, "stripe", PLACEHOLDER)

    run("set", "stripe", "--key", "KEY", "--no-restart", piped="k")

    assert json.loads(stored(stage, "stripe")) == {"KEY": "k", "WEBHOOK": PLACEHOLDER}


def test_what_a_program_reads_names_the_keys(run: Run) -> None:
    said = run("set", "stripe", "--no-restart", "--json", piped='{"KEY": "k", "WEBHOOK": "w"}')

    assert json.loads(said.text)["keys"] == ["KEY", "WEBHOOK"]
    assert json.loads(said.text)["readers"] == ["app"]


@pytest.mark.parametrize(
    ("arguments", "piped", "error"),
    [
        (["stripe", "--key", "KEI"], "planted", "did you mean KEY?"),
        (["stripe"], '{"KEI": "planted"}', "did you mean KEY?"),
        (["stripe"], "planted", "it is no JSON object of texts"),
        (["stripe"], '{"KEY": {"planted": 1}}', "it is no JSON object of texts"),
        (["stripe"], "{}", "it is no JSON object of texts"),
        (["stripe", "--key", "KEY"], " ", "it is empty"),
        (["stripe", "--key", "KEY"], '"planted"', "it is in double quotes"),
        (["stripe", "--key", "KEY"], "KEY_A=planted", "a variable's name"),
        (["stripe", "--key", "KEY"], "planted ", "begins or ends with white space"),
        (["stripe", "--key", "KEY"], "plan\u200bted", "a zero-width character"),
        (["stripe", "--key", "KEY"], PLACEHOLDER, "it is a placeholder"),
        (["stripe", "--key", "KEY"], "planted" * 10_000, "longer than Secrets Manager takes"),
        (["sentry-dsn", "--key", "KEY"], "planted", "sentry-dsn has no keys"),
        (["openai-api-key", "--key", "KEY"], "planted", "openai-api-key has no keys"),
        (["sentri-dsn"], "planted", "did you mean sentry-dsn?"),
        (["zoom"], "planted", "write [secrets.zoom] in its stage file"),
    ],
)
def test_what_is_refused_changes_nothing_and_is_not_shown(
    stage: Deployed, run: Run, arguments: list[str], piped: str, error: str
) -> None:
    before = {name: stored(stage, name) for name in DECLARED}

    said = run("set", *arguments, "--no-restart", piped=piped)

    assert said.code == 1
    assert error in said.errors
    assert "planted" not in said.text + said.errors
    assert {name: stored(stage, name) for name in DECLARED} == before


def test_one_key_has_no_place_in_what_is_no_json(stage: Deployed, run: Run) -> None:
    store(stage, "stripe", "a plain text")

    said = run("set", "stripe", "--key", "KEY", "--no-restart", piped="k")

    assert said.code == 1
    assert "give all of KEY, WEBHOOK at once" in said.errors
    assert stored(stage, "stripe") == "a plain text"


def test_all_keys_replace_what_is_no_json(stage: Deployed, run: Run) -> None:
    store(stage, "stripe", "a plain text")

    run("set", "stripe", "--no-restart", piped='{"KEY": "k", "WEBHOOK": "w"}')

    assert json.loads(stored(stage, "stripe")) == {"KEY": "k", "WEBHOOK": "w"}


def test_a_plain_secret_takes_a_whole_key_file(stage: Deployed, run: Run) -> None:
    text = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"

    assert run("set", "sentry-dsn", "--no-restart", piped=f"{text}\n").code == 0
    assert stored(stage, "sentry-dsn") == text


def test_on_a_terminal_each_key_is_asked_for_and_enter_leaves_one(
    stage: Deployed, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(stage, "stripe", json.dumps({"KEY": "old", "WEBHOOK": "kept"}))
    typed = {"stripe:KEY": " new ", "stripe:WEBHOOK": ""}
    monkeypatch.setattr(
        "ops.commands.secrets.typer.prompt", lambda asked, **_kwargs: typed[asked.split()[2]]
    )
    monkeypatch.setattr("ops.commands.secrets._is_typed", lambda: True)

    run("set", "stripe", "--no-restart")

    assert json.loads(stored(stage, "stripe")) == {"KEY": "new", "WEBHOOK": "kept"}


def test_check_names_the_keys_and_the_optional_ones_beside(run: Run) -> None:
    said = run("check")

    assert said.code == 2
    assert f"{SET} stripe --stage dev   # KEY, WEBHOOK" in said.text
    (line,) = (line for line in said.text.splitlines() if "set google" in line)
    assert "CLIENT_ID_WEB, CLIENT_SECRET_WEB: nobody can sign in with Google" in line


def test_check_is_fine_where_only_optional_ones_are_not_set(stage: Deployed, run: Run) -> None:
    for row in stage.settings.secret_rows[:-3]:
        stage.clients("secretsmanager").create_secret(
            Name=f"atomic-dev-{row.name}", SecretString="postgresql://a:b@db/atomic"
        )
    run("set", "sentry-dsn", "--no-restart", piped="https://sentry")
    run("set", "stripe", "--no-restart", piped='{"KEY": "k", "WEBHOOK": "w"}')

    said = run("check")

    assert said.code == 0, said.text
    assert "every secret that a service needs is set" in said.text
    assert "optional, without a value" in said.text


def test_doctor_names_the_keys_that_keep_a_task_from_starting(stage: Deployed) -> None:
    store(stage, "stripe", json.dumps({"KEY": "k"}))
    found = secret_state(stage, secret_row("stripe", stage.settings.secret_rows))

    (finding,) = judge_secrets([found], stage=STAGE)

    assert finding.state == "attention"
    assert "lacks a key, and ECS starts no task without it (WEBHOOK)" in finding.what


def test_doctor_says_in_words_what_does_not_work_without(stage: Deployed) -> None:
    found = secret_state(stage, secret_row("google", stage.settings.secret_rows))

    not_set, not_declared = judge_optional_secrets(stage.settings, [found], stage=STAGE)

    assert {not_set.state, not_declared.state} == {"fine"}
    assert not_set.name == "secret google"
    assert "nobody can sign in with Google or connect a Google calendar" in not_set.what
    assert f"{SET} google --stage dev" in not_set.what
    assert "zoom (nobody can connect Zoom" in not_declared.what
    assert "mongodb (the agent's scheduler" in not_declared.what
    assert "kafka" not in not_declared.what  # the stage has none
    assert "google" not in not_declared.what


def test_a_name_that_the_stage_does_not_have_is_an_error() -> None:
    with pytest.raises(UserError, match=r"or declare one as \[secrets.NAME\]"):
        secret_row("nothing-like-it")
