"""What Secrets Manager holds for a stage. A value is looked at and forgotten, never returned."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from common.errors import UserError
from imports.workspace_record import record_at_hand
from modules.base.naming import resource_name
from modules.settings.characters import unseen_character
from modules.settings.own_secrets import TAKEN, singles
from modules.settings.placeholders import (
    has_no_address,
    is_no_connection_string,
    is_placeholder,
    looks_drawn,
)
from modules.settings.secret_labels import FIRST
from modules.settings.secrets import MASTER_CREDENTIALS, SECRETS, Origin, SecretRow
from ops.deployed import Deployed
from ops.secrets.secret_document import check_is_a_key, key_states, with_keys
from ops.secrets.secret_shapes import (
    MAX_BYTES,
    error_in,
    error_in_own,
    wrong_kind,
)

_NO_VALUE = frozenset({"ResourceNotFoundException"})

State = Literal["set", "placeholder", "no address", "unreadable", "incomplete", "missing"]


@dataclass(frozen=True, kw_only=True)
class SecretState:
    """One secret: whether its current value is a person's, and since when; `readers` are services.

    "no address" is a connection string that leads nowhere, "unreadable" a value with a character that nobody
    sees, "incomplete" a JSON document that lacks a key, without which ECS starts no task. `mended_by` is what
    gives it a value of use: the next deploy, which writes over no value that a deploy has written before, or
    a person. `keys` are those of a JSON document that hold nothing of use.
    """

    name: str
    origin: Origin
    state: State
    since: datetime | None
    readers: tuple[str, ...]
    mended_by: Literal["deploy", "person"]
    optional: bool = False
    keys: tuple[str, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether a service gets what is no value; where it can do without, whether it cannot start."""
        excused = self.optional and self.state == "placeholder"
        return self.state != "set" and bool(self.readers) and not excused

    @property
    def done_without(self) -> bool:
        """Whether services do without it: it is optional, and nobody has set it."""
        return self.optional and self.state == "placeholder" and bool(self.readers)


def secret_states(deployed: Deployed) -> tuple[SecretState, ...]:
    """Return the state of every secret of the stage.

    Raises UserError when AWS refuses to read one.
    """
    return tuple(secret_state(deployed, row) for row in deployed.settings.secret_rows)


def waiting(states: Sequence[SecretState]) -> tuple[SecretState, ...]:
    """Return the secrets that a person has to see to."""
    return tuple(each for each in states if each.waits)


def secret_row(name: str, rows: Sequence[SecretRow] = SECRETS) -> SecretRow:
    """Return the row of a secret. Raises UserError for a name that is none."""
    names = [row.name for row in rows]
    if name in names:
        return rows[names.index(name)]
    if name in {*TAKEN, *singles()}:
        raise UserError(
            f"the stage declares no secret {name!r}: write [secrets.{name}] in its stage file and deploy it"
        )
    close = difflib.get_close_matches(name, names, n=1)
    meant = f"did you mean {close[0]}? Or " if close else "or "
    raise UserError(
        f"there is no secret {name!r}: allowed: {', '.join(names)}; {meant}declare one as [secrets.NAME] in "
        "the stage file"
    )


def check_is_the_operators(row: SecretRow, current: SecretState | None = None) -> None:
    """Raise UserError, with the reason, for a secret whose value the platform makes itself.

    It is the operator's as well while nobody has given it a value: `current` is what it is now.
    """
    why = {
        "generated": "it was drawn by Secrets Manager, and what knows it now would be locked out",
        "composed": "Terraform composed it from the database's address and stored password",
        "operator": "",
    }[row.origin]
    if current and (
        current.state in ("placeholder", "no address")
        or (current.state == "missing" and current.mended_by == "person")
    ):
        why = ""
    if row.name == MASTER_CREDENTIALS:
        why = "the database keeps its password whatever is here, and nobody could log in"
    if why:
        raise UserError(
            f"{row.name} is not the operator's to set: {why}; if you mean it, add --force"
        )


def remedy(each: SecretState, *, stage: str) -> str:
    """Return the command that gives a secret a value of use."""
    if each.mended_by == "deploy":
        return f"cdktf deploy atomic-{stage}"
    command = f"python -m ops secrets set {each.name} --stage {stage}"
    if len(each.keys) == 1:
        return f"{command} --key {each.keys[0]}"
    if each.name == MASTER_CREDENTIALS:
        return f"{command} --force"
    return command


def secret_state(deployed: Deployed, row: SecretRow) -> SecretState:
    """Return the state of one secret.

    Raises UserError when AWS refuses to read it.
    """
    answer = deployed.ask_unless(
        "secretsmanager", "GetSecretValue", _NO_VALUE, SecretId=deployed.names.secret(row.name)
    )
    value = answer.get("SecretString", "") if answer else ""
    state = _state_of(row, value) if answer else "missing"
    if state == "set" and row.origin == "operator" and looks_drawn(value):
        # An old owner let Secrets Manager draw it, and nobody has set it since: nobody's server knows it.
        described = _described(deployed, row) or {}
        state = "placeholder" if len(described.get("VersionIdsToStages") or {}) == 1 else "set"
    found = key_states(row, value)
    return SecretState(
        name=row.name,
        origin=row.origin,
        state=state,
        since=answer["CreatedDate"] if answer else None,
        readers=deployed.readers_of(row.name),
        mended_by="person" if state == "set" else _mended_by(deployed, row, state),
        optional=row.optional,
        keys=(found.lacking or found.unset) if state != "set" else (),
    )


def put_value(
    deployed: Deployed, row: SecretRow, value: str, *, of_any_issuer: bool = False
) -> str:
    """Make `value` the current one, and return its version's id.

    `of_any_issuer` takes a key whose prefix says that it is another service's.

    No label is named, so that Secrets Manager moves only its own two: the first version keeps the label
    that keeps it, and a deploy does not write it anew.

    Raises UserError for a value of the wrong shape and when AWS refuses.
    """
    wrong = error_in_own(value) if row.is_own else error_in(row.name, value)
    other = None if wrong or of_any_issuer or row.is_own else wrong_kind(row.name, value)
    if other:
        wrong = f"{other}; if you mean it, add --force"
    if wrong:
        raise UserError(f"the value for {row.name} was not set: {wrong}")
    return _put(deployed, row, value)


def put_keys(deployed: Deployed, row: SecretRow, given: Mapping[str, str]) -> str:
    """Set some keys of a JSON secret, leave the others as they are, and return the version's id.

    Raises UserError for a value or a key that is wrong, and when AWS refuses.
    """
    for key, value in given.items():
        check_is_a_key(row, key)
        wrong = error_in_own(value)
        if wrong:
            raise UserError(f"the value for {row.name}:{key} was not set: {wrong}")
    answer = deployed.ask_unless(
        "secretsmanager", "GetSecretValue", _NO_VALUE, SecretId=deployed.names.secret(row.name)
    )
    document = with_keys(row, answer["SecretString"] if answer else None, given)
    if len(document.encode()) > MAX_BYTES:
        raise UserError(
            f"the value for {row.name} was not set: all keys together are longer than Secrets Manager takes: "
            f"allowed: at most {MAX_BYTES} bytes"
        )
    return _put(deployed, row, document)


def _put(deployed: Deployed, row: SecretRow, value: str) -> str:
    answer = deployed.ask_unless(
        "secretsmanager",
        "PutSecretValue",
        _NO_VALUE,
        SecretId=deployed.names.secret(row.name),
        SecretString=value,
    )
    if answer is None:
        raise UserError(
            f"there is no secret {deployed.names.secret(row.name)} in this account and region: deploy the "
            f"stage first: `cdktf deploy {deployed.settings.stack_name}`"
        )
    return str(answer["VersionId"])


def read_value(deployed: Deployed, name: str) -> str:
    """Return a current value, for a call that needs it. It must not be printed or written anywhere."""
    secret_id = deployed.names.secret(name)
    answer = deployed.ask("secretsmanager", "GetSecretValue", SecretId=secret_id)
    return str(answer.get("SecretString", ""))


def _state_of(row: SecretRow, value: str) -> State:
    if row.keys:
        keys = key_states(row, value)
        if keys.lacking or keys.unset:
            return "incomplete" if keys.lacking else "placeholder"
    if is_placeholder(value) or (row.origin == "composed" and is_no_connection_string(value)):
        return "placeholder"
    if has_no_address(value):
        return "no address"
    return "unreadable" if unseen_character(value) else "set"


def _described(deployed: Deployed, row: SecretRow) -> Mapping[str, Any] | None:
    return deployed.ask_unless(
        "secretsmanager", "DescribeSecret", _NO_VALUE, SecretId=deployed.names.secret(row.name)
    )


def _mended_by(deployed: Deployed, row: SecretRow, state: State) -> Literal["deploy", "person"]:
    secret = _described(deployed, row)
    if secret is None:
        return "deploy"
    versions = secret.get("VersionIdsToStages") or {}
    is_written = any(FIRST in labels for labels in versions.values())
    is_adopted = _is_adopted(deployed, row)
    if row.origin == "composed":
        # A deploy wrote the text of an expression into an adopted one under an older number than it has now.
        return "deploy" if not is_written or (is_adopted and state == "no address") else "person"
    return "person" if is_written or is_adopted or state != "missing" else "deploy"


def _is_adopted(deployed: Deployed, row: SecretRow) -> bool:
    record = record_at_hand(deployed.workspace, region=deployed.settings.region)
    address = f"aws_secretsmanager_secret.{resource_name(row.name)}"
    return record is not None and address in record.addresses
