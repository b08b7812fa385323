"""What can be wrong with the secrets that a stage declares, and with what its services ask of secrets."""

import difflib
import re
from collections.abc import Iterable, Iterator

from pydantic import TypeAdapter, ValidationError

from modules.settings.credential_shapes import credential_kind
from modules.settings.own_secrets import (
    TAKEN,
    OwnSecret,
    ends_like_an_arn,
    single_name,
    singles,
)
from modules.settings.secrets import SECRETS, SecretRef, SecretRow
from modules.settings.setting_error import SettingError, at
from modules.settings.setting_types import Name
from modules.settings.stage_settings import StageSettings
from modules.settings.toml_text import HIDDEN, toml_value
from modules.settings.wording import plain_name

_PLATFORMS = {row.name: row for row in SECRETS}
_NAME = TypeAdapter(Name)
_LIKE_A_REFERENCE = re.compile(r"[A-Za-z0-9_.-]{1,40}(:[A-Za-z0-9_.-]{0,40})?")
_A_NAME = 'name a secret, or "SECRET:KEY" for one key of a JSON secret'


def find_secret_errors(settings: StageSettings) -> list[SettingError]:
    """Everything that is wrong with the stage's secrets, in the file's order."""
    return [
        *(
            found
            for name, secret in settings.secrets.items()
            for found in _declared(name, secret, settings)
        ),
        *_alike(settings.secrets),
        *_held_twice(settings.secrets),
        *_asked_for(settings),
    ]


def _declared(name: str, secret: OwnSecret, settings: StageSettings) -> Iterator[SettingError]:
    where = f"secrets.{name}"
    refused = next(_named(name, where), None)
    if refused:
        yield refused
    elif not any(name in reference for reference in _references(settings)):
        yield from _misspelt(name, where)
    for index, key in enumerate(secret.keys):
        if key in secret.keys[:index]:
            yield at(f"{where}.keys", key).must_be(
                "keys that differ",
                "leave out one of the two",
            )


def _named(name: str, where: str) -> Iterator[SettingError]:
    if name in _PLATFORMS:
        origin = _PLATFORMS[name].origin
        yield at(where, name).must_be(
            "a name that no secret of the platform has: not " + ", ".join(_PLATFORMS),
            f"delete the table: the platform makes it, and `python -m ops secrets set {name}` sets it"
            if origin == "operator"
            else "delete the table: the platform makes it, and gives it its value",
        )
    try:
        _NAME.validate_python(name)
    except ValidationError as error:
        context = error.errors()[0]["ctx"]
        plain = plain_name(name)
        yield at(where, HIDDEN if credential_kind(name) else name).must_be(
            context["allowed"],
            f"write [secrets.{plain}]" if plain else 'choose a name like "google"',
        )
    if ends_like_an_arn(name):
        yield at(where, name).must_be(
            "a name without six characters behind its last hyphen: AWS adds such an end to each "
            "secret's ARN, and advises against a second one",
            f"write [secrets.{name}-value]",
        )


def _misspelt(name: str, where: str) -> Iterator[SettingError]:
    """Check a secret that no service reads: a name close to one that is known may be a slip."""
    known = [*TAKEN, *singles(), *_PLATFORMS]
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
    if close and close[0].replace("-", "") != name.replace("-", ""):
        yield at(where, name).must_be(
            "read by a service, or a name of its own",
            f"did you mean {close[0]}? Else let a service read it: services.NAME.secrets",
        )


def _alike(secrets: Iterable[str]) -> Iterator[SettingError]:
    """Check for names that differ by hyphens alone: their outputs would be the same."""
    known = {name.replace("-", ""): name for name in _PLATFORMS}
    for name in secrets:
        other = known.setdefault(name.replace("-", ""), name)
        if other != name:
            yield at(f"secrets.{name}", name).must_be(
                f"a name that differs from {other} by more than hyphens",
                "rename it",
            )


def _held_twice(secrets: dict[str, OwnSecret]) -> Iterator[SettingError]:
    """Check that a value which the application takes is declared in one place."""
    for group in TAKEN.keys() & secrets.keys():
        for key in secrets[group].keys:
            single = single_name(SecretRef(name=group, key=key))
            if single in secrets:
                yield at(f"secrets.{single}", single, f"secrets.{group}").must_be(
                    f"declared once: {key} is one of the keys of [secrets.{group}] too",
                    f"delete [secrets.{single}], or take {key} out of secrets.{group}.keys",
                )


def _references(settings: StageSettings) -> Iterator[str]:
    for service in settings.services.values():
        yield from service.secrets.values()


def _asked_for(settings: StageSettings) -> Iterator[SettingError]:
    """Check what the services ask for."""
    rows = {row.name: row for row in settings.secret_rows}
    for name, service in settings.services.items():
        for variable, text in service.secrets.items():
            yield from _reference(f"services.{name}.secrets.{variable}", text, rows)


def _reference(where: str, text: str, rows: dict[str, SecretRow]) -> Iterator[SettingError]:
    ref = SecretRef.parse(text)
    row = rows.get(ref.name)
    rests_on = ("secrets", f"secrets.{ref.name}", f"secrets.{ref.name}.keys")
    if row is None:
        is_value = credential_kind(text) or not _LIKE_A_REFERENCE.fullmatch(text)
        yield at(where, HIDDEN if is_value else text, *rests_on).must_be(
            "one of " + ", ".join(rows),
            _A_NAME if is_value else _likeliest(ref, rows),
        )
    elif ref.key is not None and row.json_keys and ref.key not in row.json_keys:
        close = difflib.get_close_matches(ref.key, row.json_keys, n=1)
        named = "name one of these after the colon"
        named += f', as in "{ref.name}:{close[0]}"' if close else ""
        yield at(where, text, *rests_on).must_be(
            f"a key of {ref.name}: " + ", ".join(row.json_keys),
            f"{named}, or add it to secrets.{ref.name}.keys" if row.is_own else named,
        )
    elif ref.key is not None and row.is_own and not row.keys:
        yield at(where, text, *rests_on).must_be(
            f'"{ref.name}": [secrets.{ref.name}] has no keys',
            f'write "{ref.name}", or keys = ["{ref.key}"] under [secrets.{ref.name}]',
        )


def _likeliest(ref: SecretRef, rows: dict[str, SecretRow]) -> str:
    close = difflib.get_close_matches(ref.name, list(rows), n=1, cutoff=0.75)
    if close and close[0] != ref.name:
        return f"write {toml_value(close[0])}"
    name = plain_name(ref.name)
    return f"declare it as [secrets.{name}], or {_A_NAME}" if name else _A_NAME
