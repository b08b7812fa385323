"""The secrets that an operator declares, `[secrets.NAME]` in a stage file: what they are, never a value.

The application takes some of them by itself (`TAKEN`): which variable of which service, is in its row
(`optional_secrets`). There a variable's secret is written as `GROUP:KEY`: key `KEY` of the JSON secret
`GROUP`, or the secret of that one value (`single_name`), whichever the stage declares.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import Field

from modules.settings.secrets import SecretRef, SecretRow, output_of
from modules.settings.setting_types import Many, Section, matching

# ECS cuts `ARN:KEY::` at its colons.
SecretKey = Annotated[
    str,
    matching(
        r"[A-Za-z_][A-Za-z0-9_.-]{0,127}",
        "the name of a JSON key: letters, digits, underscores, dots and hyphens; and no value",
        'write names alone, as in keys = ["CLIENT_ID", "CLIENT_SECRET"]',
    ),
]


class OwnSecret(Section):
    """One secret of the operator's own. Its value is set by `secrets set`, never here."""

    description: str = Field("", max_length=2048)
    """what it is, for AWS's console"""
    optional: bool = False
    """services do without: `secrets check` does not wait for its value. `true` for those that the application
    takes by itself (docs/secrets.md)"""
    keys: Many[SecretKey] = ()
    """the keys, where it is a JSON document; a service reads one as `NAME:KEY`"""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A group of values that the application takes where the stage declares them.

    `without` says what does not work without them.
    """

    description: str
    without: str
    keys: tuple[str, ...]


# What each service takes is in its row. The facts are the application's own sources'.
TAKEN: Final[Mapping[str, Taken]] = {
    "google": Taken(
        description="OAuth clients of Google",
        without="nobody can sign in with Google or connect a Google calendar",
        keys=(
            "CLIENT_ID_WEB",
            "CLIENT_SECRET_WEB",
            "CLIENT_ID_ATOMIC_WEB",
            "CLIENT_SECRET_ATOMIC_WEB",
            "CLIENT_ID_ANDROID",
            "CLIENT_ID_IOS",
        ),
    ),
    "zoom": Taken(
        description="OAuth client of Zoom, and what its tokens are encrypted with",
        without="nobody can connect Zoom, and no meeting gets a Zoom link",
        keys=(
            "CLIENT_ID",
            "CLIENT_SECRET",
            "PASS_KEY",
            "SALT_FOR_PASS",
            "IV_FOR_PASS",
            "WEBHOOK_SECRET_TOKEN",
        ),
    ),
    "kafka": Taken(
        description="Login to the Kafka brokers",
        without="functions cannot log in to Kafka brokers that ask for a user",
        keys=("USERNAME", "PASSWORD"),
    ),
    "mongodb": Taken(
        description="Address of MongoDB, with its login",
        without="the agent's scheduler in functions does not run",
        keys=("URI",),
    ),
}


def single_name(reference: SecretRef) -> str:
    """Return the secret that holds `GROUP:KEY` alone.

    "-value" keeps six letters from its end, which AWS advises against behind a hyphen.
    """
    name = f"{reference.name}-{reference.key or ''}".lower().replace("_", "-")
    return f"{name}-value" if ends_like_an_arn(name) else name


def ends_like_an_arn(name: str) -> bool:
    """Return whether a name ends as AWS ends a secret's ARN: in a hyphen and six characters.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
    """
    return len(name) > 7 and name[-7] == "-" and "-" not in name[-6:]


def singles() -> dict[str, str]:
    """Return the group of each secret that holds one value that the application takes, by its name."""
    return {
        single_name(SecretRef(name=group, key=key)): group
        for group, taken in TAKEN.items()
        for key in taken.keys
    }


def without(name: str) -> str:
    """Say what does not work without a secret, as far as that is known."""
    group = name if name in TAKEN else singles().get(name)
    return TAKEN[group].without if group else "services do without"


def defaults_of(name: str) -> dict[str, Any]:
    """Return what a secret is that the application takes, in a stage file's shape; nothing for others."""
    if name in TAKEN:
        taken = TAKEN[name]
        return {"description": taken.description, "optional": True, "keys": list(taken.keys)}
    group = singles().get(name)
    return {"description": TAKEN[group].description, "optional": True} if group else {}


def chosen_reference(text: str, declared: Mapping[str, Any]) -> str | None:
    """Return where a stage has the value that a row calls `GROUP:KEY`; None where it has it nowhere.

    `declared` are the tables of `[secrets]`, of a stage file that may have errors still.
    """
    reference = SecretRef.parse(text)
    if reference.key is None:
        return text if text in declared else None
    if single_name(reference) in declared:
        return single_name(reference)
    table = declared.get(reference.name)
    keys = table.get("keys") if isinstance(table, Mapping) else None
    return text if isinstance(keys, list | tuple) and reference.key in keys else None


def own_rows(secrets: Mapping[str, OwnSecret]) -> Iterator[SecretRow]:
    """Yield the rows of the secrets that a stage declares."""
    for name, secret in secrets.items():
        yield SecretRow(
            name=name,
            output=f"Secret{output_of(name)}",
            origin="operator",
            description=secret.description or "A secret of the operator's own",
            keys=secret.keys,
            optional=secret.optional,
            is_own=True,
        )
