"""What a person is told who typed a value, or a setting that does not exist, under `[secrets.NAME]`."""

import difflib
from collections.abc import Mapping
from dataclasses import replace

from modules.settings.own_secrets import TAKEN, OwnSecret
from modules.settings.setting_error import SettingError
from modules.settings.toml_text import HIDDEN, toml_value

_KEYS = sorted(OwnSecret.model_fields)
# What a person may call a setting of a secret.
_OTHER_WORDS = {"comment": "description", "key": "keys", "json_keys": "keys", "fields": "keys"}
_REPLACED = "; a value that was committed has to be replaced"


def worded_secret(found: SettingError, *, kind: str, name: str, value: object) -> SettingError:
    """Return an error below `[secrets]` with its way out; what may be a secret's value is not shown.

    `kind` is pydantic's, `name` the secret's.
    """
    typed = found.field.rpartition(".")[2]
    if found.field in {"secrets", f"secrets.{name}"} and not isinstance(value, Mapping | list):
        return replace(
            found,
            value=HIDDEN,
            allowed="a table that says what the secret is: a value is never in a file",
            remedy=f"write [secrets.{name}], deploy, and run `python -m ops secrets set {name}`{_REPLACED}",
        )
    if kind == "extra_forbidden" and not isinstance(value, bool):
        return _unknown(found, name=name, typed=typed)
    if typed == "required":
        meant = "delete it: a secret is required" if value else "write optional = true"
        return replace(found, remedy=meant)
    if typed == "keys" and isinstance(value, Mapping):
        keys = toml_value([str(key) for key in value])
        return replace(
            found,
            remedy=f"write keys = {keys}, deploy, and run `python -m ops secrets set {name}`{_REPLACED}",
        )
    if typed == "keys":
        return replace(found, value=HIDDEN, remedy='write names alone, as in keys = ["CLIENT_ID"]')
    return found if isinstance(value, bool | Mapping) else replace(found, value=HIDDEN)


def _unknown(found: SettingError, *, name: str, typed: str) -> SettingError:
    plain = typed.strip().lower().replace("-", "_")
    close = _OTHER_WORDS.get(plain) or next(iter(difflib.get_close_matches(plain, _KEYS, 1)), None)
    if close:
        return replace(found, value=HIDDEN, remedy=f"write {close}")
    is_key = typed.isupper() or (name in TAKEN and typed in TAKEN[name].keys)
    listed = f'name it in keys = ["{typed}"], deploy, and ' if is_key else "delete it, deploy, and "
    key = f" --key {typed}" if is_key else ""
    return replace(
        found,
        value=HIDDEN,
        remedy=f"a value is never in a file: {listed}run `python -m ops secrets set {name}{key}`{_REPLACED}",
    )
