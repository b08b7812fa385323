"""What a secret holds, what gives it a value of use, and who may set it."""

import io
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from common.errors import UserError
from imports.record import write_record
from modules.settings.secret_labels import FIRST
from modules.settings.secrets import PLACEHOLDER, SECRETS
from modules.settings.stage_files import parse_stage
from ops.deployed import Deployed
from ops.doctor.contents import judge_secrets
from ops.secrets.secret_values import (
    check_is_the_operators,
    remedy,
    secret_row,
    secret_state,
    secret_states,
)
from terraform.workspace import Workspace
from tests.imports.records import STAGE, base_record, settings_of
from tests.ops.answering import answer

LEGACY_KEY = json.dumps({"type": "HS256", "key": "REPLACE_WITH_A_LONG_KEY"})
DRAWN = "q7%,h4Zk" * 4
LEGACY_JDBC = "jdbc:postgresql://DB_HOST:DB_PORT/atomicdb"
SPOILT_JDBC = "jdbc:postgresql://aws_db_instance.main.address:5432/atomicdb"
SET = f"python -m ops secrets set {{}} --stage {STAGE}"
DEPLOY = f"cdktf deploy atomic-{STAGE}"


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A secret in Secrets Manager; `value` None: it has none. `written`: a deploy has written it once."""

    value: str | None
    written: bool = True
    versions: int = 1


class _SecretsManager:
    def __init__(self, stored: dict[str, Stored]) -> None:
        self._stored = stored

    def get_secret_value(self, *, SecretId: str) -> dict[str, Any]:  # noqa: N803  # AWS's name
        value = self._secret(SecretId).value
        if value is None:
            raise _missing()
        return {"SecretString": value, "CreatedDate": datetime(2026, 1, 1, tzinfo=UTC)}

    def describe_secret(self, *, SecretId: str) -> dict[str, Any]:  # noqa: N803
        labels = ["AWSCURRENT", *([FIRST] if self._secret(SecretId).written else [])]
        older = {
            f"v{each}": ["AWSPREVIOUS"] for each in range(2, self._secret(SecretId).versions + 1)
        }
        return {"VersionIdsToStages": {"v1": labels, **older}}

    def _secret(self, name: str) -> Stored:
        if name not in self._stored:
            raise _missing()
        return self._stored[name]


def _missing() -> ClientError:
    return ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetSecretValue")


def deployed(folder: Path, name: str, stored: Stored | None, *, adopted: bool) -> Deployed:
    """A stage of which Secrets Manager holds one secret, or none."""
    if adopted:
        write_record(folder / f"{STAGE}.adoption.json", base_record())
    workspace = Workspace(stage=STAGE, environ={"ATOMIC_STAGES_DIR": str(folder)})
    held = {f"atomic-{name}": stored} if stored else {}
    return Deployed(
        workspace=workspace,
        settings=settings_of("full"),
        clients=lambda _service: _SecretsManager(held),
    )


@pytest.mark.parametrize(
    ("name", "stored", "adopted", "state", "command"),
    [
        ("openai-api-key", Stored(value="sk-example-aCENTER_b9"), False, "set", None),
        ("openai-api-key", Stored(value=PLACEHOLDER), False, "placeholder", SET),
        ("openai-api-key", Stored(value=None), False, "missing", SET),
        ("openai-api-key", None, False, "missing", DEPLOY),
        ("openai-api-key", Stored(value="ENTER_KEY", written=False), True, "placeholder", SET),
        # A deploy never writes over what an adopted secret of the generated ones holds.
        ("hasura-jwt-secret", Stored(value=LEGACY_KEY, written=False), True, "placeholder", SET),
        ("hasura-jwt-secret", Stored(value=None, written=False), True, "missing", SET),
        ("hasura-jwt-secret", Stored(value=None, written=False), False, "missing", DEPLOY),
        ("api-token-secret", Stored(value="ENTER_TOKEN"), False, "placeholder", SET),
        (
            "rds-master-credentials",
            Stored(value="ENTER_IT"),
            False,
            "placeholder",
            f"{SET} --force",
        ),
        # What a deploy composes it writes once, and once more over what an earlier release spoilt.
        (
            "optaplanner-db-conn-string",
            Stored(value=LEGACY_JDBC, written=False),
            True,
            "placeholder",
            DEPLOY,
        ),
        ("optaplanner-db-conn-string", Stored(value=LEGACY_JDBC), True, "placeholder", SET),
        # CDK draws a random word where a person is to set a key, or a string.
        ("openai-api-key", Stored(value=DRAWN, written=False), True, "placeholder", SET),
        # A person's own, which may look alike.
        ("openai-api-key", Stored(value=DRAWN, versions=2), True, "set", None),
        ("openai-api-key", Stored(value=f"sk-{DRAWN}"), True, "set", None),
        ("openai-api-key", Stored(value="aB3-_dE9" * 4), True, "set", None),
        (
            "hasura-db-conn-string",
            Stored(value="q7%,h4Zk", written=False),
            True,
            "placeholder",
            DEPLOY,
        ),
        ("optaplanner-db-conn-string", Stored(value=SPOILT_JDBC), True, "no address", DEPLOY),
        ("optaplanner-db-conn-string", Stored(value=SPOILT_JDBC), False, "no address", SET),
        (
            "hasura-db-conn-string",
            Stored(value="postgres://u:CENTER_9@h:5432/d"),
            True,
            "set",
            None,
        ),
    ],
)
def test_a_secret_that_waits_says_what_really_helps(
    tmp_path: Path,
    name: str,
    stored: Stored | None,
    adopted: bool,
    state: str,
    command: str | None,
) -> None:
    found = secret_state(deployed(tmp_path, name, stored, adopted=adopted), secret_row(name))

    assert found.state == state
    if command:
        assert remedy(found, stage=STAGE) == command.format(name)


@pytest.mark.parametrize(("tokens", "waits"), [("app", False), ("key", True)])
def test_hasuras_key_waits_only_where_hasura_reads_it(
    tmp_path: Path, tokens: str, *, waits: bool
) -> None:
    needed = {"domain_name": "app.example.com", "operator_email": "ops@example.com"}
    settings, errors = parse_stage({**needed, "session_tokens": tokens}, stage=STAGE)
    held = Stored(value=LEGACY_KEY, written=False)
    assert not errors
    stage = replace(deployed(tmp_path, "hasura-jwt-secret", held, adopted=True), settings=settings)

    assert secret_state(stage, secret_row("hasura-jwt-secret")).waits is waits


@pytest.mark.parametrize(
    "row",
    [row for row in SECRETS if row.name != "rds-master-credentials"],
    ids=lambda row: row.name,
)
@pytest.mark.parametrize("value", [LEGACY_KEY, "ENTER_IT", SPOILT_JDBC])
def test_every_secret_is_the_operators_while_nobody_has_set_it(
    tmp_path: Path, row: Any, value: str
) -> None:
    found = secret_state(deployed(tmp_path, row.name, Stored(value=value), adopted=True), row)

    check_is_the_operators(row, found)


def test_a_value_that_is_in_use_asks_for_force(tmp_path: Path) -> None:
    row = secret_row("hasura-jwt-secret")
    stored = Stored(value=json.dumps({"type": "HS256", "key": "k" * 40}))
    found = secret_state(deployed(tmp_path, row.name, stored, adopted=True), row)

    with pytest.raises(UserError, match="add --force"):
        check_is_the_operators(row, found)


def test_the_databases_own_credentials_always_ask_for_force(tmp_path: Path) -> None:
    row = secret_row("rds-master-credentials")
    found = secret_state(deployed(tmp_path, row.name, Stored(value="ENTER_IT"), adopted=True), row)

    with pytest.raises(UserError, match="nobody could log in"):
        check_is_the_operators(row, found)


def test_doctor_says_that_a_connection_string_leads_nowhere(tmp_path: Path) -> None:
    name = "optaplanner-db-conn-string"
    states = secret_states(deployed(tmp_path, name, Stored(value=SPOILT_JDBC), adopted=True))

    (finding,) = (
        each for each in judge_secrets(states, stage=STAGE) if each.name == f"secret {name}"
    )

    assert "a connection string without an address" in finding.what
    assert "aws_db_instance" not in finding.what
    assert finding.remedy == DEPLOY


CASES = {
    "bom.txt": (b"\xef\xbb\xbfsk-example-abc\n", "sk-example-abc"),
    "line end": (b"sk-example-abc\r\n", "sk-example-abc"),
    "escape.txt": (b"sk-\x1b[31mabc", None),
    "quoted.txt": (b'"sk-example-abc"', None),
    "inner mark": (b"sk-\xef\xbb\xbfexample", None),
    "utf-16": ("sk-example-abc".encode("utf-16"), None),
    "another service": (b"sk-ant-example-abc", None),
}


@pytest.mark.parametrize(("piped", "stored"), CASES.values(), ids=CASES)
def test_what_is_piped_is_stored_clean_or_not_at_all(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    piped: bytes,
    stored: str | None,
) -> None:
    put: list[str] = []

    class _Recording(_SecretsManager):
        def put_secret_value(self, *, SecretId: str, SecretString: str) -> dict[str, Any]:  # noqa: N803
            assert SecretId == "atomic-openai-api-key"
            put.append(SecretString)
            return {"VersionId": "v2"}

    stage = replace(
        deployed(tmp_path, "openai-api-key", None, adopted=False),
        clients=lambda _service: _Recording({}),
    )
    monkeypatch.setattr("ops.commands.secrets.open_stage", lambda _stage: stage)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(piped)))

    said = answer(
        monkeypatch, capsys, "secrets", "set", "openai-api-key", "--stage", STAGE, "--no-restart"
    )

    assert put == ([] if stored is None else [stored])
    assert said.code == (1 if stored is None else 0)
    assert "example" not in said.text + said.errors


def test_a_stored_value_with_an_unseen_character_is_no_all_clear(tmp_path: Path) -> None:
    name = "openai-api-key"
    stage = deployed(tmp_path, name, Stored(value="\ufeffsk-example-abc"), adopted=False)

    found = secret_state(stage, secret_row(name))

    assert (found.state, found.waits) == ("unreadable", True)
    assert remedy(found, stage=STAGE) == SET.format(name)


def test_the_record_of_another_stage_names_no_object_of_this_one(tmp_path: Path) -> None:
    here = deployed(tmp_path, "openai-api-key", None, adopted=True)
    (tmp_path / "other.adoption.json").write_bytes(
        (tmp_path / f"{STAGE}.adoption.json").read_bytes()
    )
    elsewhere = Workspace(stage="other", environ=here.workspace.environ)

    with pytest.raises(UserError, match=f"is of the stage {STAGE}, and the stage file says other"):
        _ = replace(here, workspace=elsewhere).names
