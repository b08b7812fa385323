"""docs/settings.md's table, from the settings' own definitions."""

import ast
import inspect
import json
from collections.abc import Iterator
from itertools import pairwise
from typing import get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from modules.settings.own_secrets import OwnSecret
from modules.settings.services import Service
from modules.settings.setting_types import Section
from modules.settings.stage_settings import StageSettings

# A stage is named by its file, a service by its table.
_GIVEN_ELSEWHERE = {(StageSettings, "stage"), (Service, "name")}
_NAMED: dict[str, type[Section]] = {"services": Service, "secrets": OwnSecret}


def settings_table() -> str:
    """Write one Markdown row per setting: its key in the stage file, its default, what it does."""
    rows = ["| setting | default | what it does |", "| --- | --- | --- |"]
    rows += _rows(StageSettings, "")
    return "\n".join(rows)


def _rows(section: type[Section], prefix: str) -> Iterator[str]:
    nested: list[tuple[type[Section], str]] = []
    said = _said(section)
    for name, field in section.model_fields.items():
        if (section, name) == (StageSettings, "preview"):
            continue  # `ops preview up` writes it, and nobody else
        inner = _section(field)
        if section is StageSettings and name in _NAMED:
            nested.append((_NAMED[name], f"{name}.NAME."))
        elif inner is not None and get_origin(field.annotation) is dict:
            nested.append((inner, f"{prefix}{name}.NAME."))
        elif inner is not None:
            nested.append((inner, f"{prefix}{name}."))
        elif (section, name) not in _GIVEN_ELSEWHERE:
            yield f"| `{prefix}{name}` | {_default(field)} | {said[name]} |"
    for inner, inner_prefix in nested:
        yield from _rows(inner, inner_prefix)


def _said(section: type[Section]) -> dict[str, str]:
    """Return what stands below each setting in its section's source."""
    (found,) = ast.parse(inspect.getsource(section)).body
    assert isinstance(found, ast.ClassDef)
    return {
        ast.unparse(setting.target): " ".join(below.value.value.split())
        for setting, below in pairwise(found.body)
        if isinstance(setting, ast.AnnAssign)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }


def _section(field: FieldInfo) -> type[Section] | None:
    candidates = getattr(field.annotation, "__args__", (field.annotation,))
    for candidate in candidates:
        if isinstance(candidate, type) and issubclass(candidate, Section):
            return candidate
    return None


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is PydanticUndefined or value is None or value in ((), {}, ""):
        return ""
    if isinstance(value, tuple):
        return f"`{json.dumps(value)}`"
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value}`"
