"""What Secrets Manager holds for a stage. A value is looked at and forgotten, never returned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from aws.client import ask, ask_unless
from common.errors import UserError
from modules.settings.secrets import MASTER_CREDENTIALS, SECRETS, Origin, SecretRow
from ops.deployed import Deployed
from ops.secrets.secret_shapes import complaint, is_placeholder

_NO_VALUE = frozenset({"ResourceNotFoundException"})


@dataclass(frozen=True, kw_only=True)
class SecretState:
    """One secret: whether its current value is a person's, and since when; `readers` are services."""

    name: str
    origin: Origin
    state: Literal["set", "placeholder", "missing"]
    since: datetime | None
    readers: tuple[str, ...]

    @property
    def waits(self) -> bool:
        """Whether a service gets what is no value."""
        return self.state != "set" and bool(self.readers)


def secret_states(deployed: Deployed) -> tuple[SecretState, ...]:
    """The state of every secret of the platform.

    Raises UserError when AWS refuses to read one.
    """
    return tuple(_state(deployed, row) for row in SECRETS)


def waiting(states: Sequence[SecretState]) -> tuple[SecretState, ...]:
    """The secrets that a person has to see to."""
    return tuple(each for each in states if each.waits)


def secret_row(name: str) -> SecretRow:
    """The row of a secret. Raises UserError for a name that is none."""
    for row in SECRETS:
        if row.name == name:
            return row
    raise UserError(
        f"there is no secret {name!r}: allowed: {', '.join(row.name for row in SECRETS)}"
    )


def check_is_the_operators(row: SecretRow) -> None:
    """Raises UserError, with the reason, for a secret whose value the platform makes itself."""
    why = {
        "generated": "it was drawn by Secrets Manager, and what knows it now would be locked out",
        "composed": "Terraform composed it from the database's address and stored password",
        "operator": "",
    }[row.origin]
    if row.name == MASTER_CREDENTIALS:
        why = "the database keeps its password whatever stands here, and nobody could log in"
    if why:
        raise UserError(
            f"{row.name} is not the operator's to set: {why}; if you mean it, add --force"
        )


def put_value(deployed: Deployed, row: SecretRow, value: str) -> str:
    """Make `value` the current one, and return its version's id.

    No label is named, so that Secrets Manager moves only its own two: the first version keeps the label
    that keeps it, and a deploy does not write it anew.

    Raises UserError for a value of the wrong shape and when AWS refuses.
    """
    wrong = complaint(row.name, value)
    if wrong:
        raise UserError(f"the value for {row.name} was not set: {wrong}")
    answer = ask_unless(
        deployed.clients,
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
    """A current value, for a call that needs it. It must not be printed or written anywhere."""
    secret_id = deployed.names.secret(name)
    answer = ask(deployed.clients, "secretsmanager", "GetSecretValue", SecretId=secret_id)
    return str(answer.get("SecretString", ""))


def _state(deployed: Deployed, row: SecretRow) -> SecretState:
    answer = ask_unless(
        deployed.clients,
        "secretsmanager",
        "GetSecretValue",
        _NO_VALUE,
        SecretId=deployed.names.secret(row.name),
    )
    state: Literal["set", "placeholder", "missing"] = "missing"
    if answer is not None:
        state = "placeholder" if is_placeholder(answer.get("SecretString", "")) else "set"
    return SecretState(
        name=row.name,
        origin=row.origin,
        state=state,
        since=answer["CreatedDate"] if answer else None,
        readers=deployed.readers_of(row.name),
    )
