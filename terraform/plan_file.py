"""Reads a plan from a file that somebody names, and refuses what is none: a verdict on half is wrong."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from common.errors import UserError
from common.text_files import read_json
from terraform.plan import Plan

_REMEDY = "write one with `terraform show -json PLAN > FILE`"
_WANTED = "a plan in JSON"
# What each plan has, with changes or without. Terraform leaves out what would be empty.
_OF_A_PLAN = frozenset({"configuration", "planned_values", "prior_state", "resource_drift"})
_OTHERS = {
    "values": "the JSON of a state, which `terraform show -json` prints where no plan is named",
    "provider_schemas": "the schemas of providers",
    "diagnostics": "the answer of `terraform validate`",
    "encrypted_data": "encrypted by OpenTofu",
    "lineage": "a state",
    "@level": "a line of Terraform's log",
    "terraform": "a configuration",
}


class _Part(BaseModel):
    model_config = ConfigDict(strict=True)


class _Object(_Part):
    id: str | bool | None = None


class _Change(_Part):
    actions: list[str]
    before: _Object | None = None
    after: _Object | None = None
    after_unknown: _Object | Literal[False] | None = None
    importing: _Object | None = None
    replace_paths: list[list[Any]] | None = None


class _ResourceChange(_Part):
    address: str
    mode: str
    type: str
    name: str
    change: _Change


class _Expression(_Part):
    references: list[str] | None = None


class _Resource(_Part):
    address: str
    # A nested block is a list of more, and nobody looks into it.
    expressions: dict[str, _Expression | list[Any] | str | int | float | bool | None] = {}


class _Module(_Part):
    resources: list[_Resource] = []


class _Configuration(_Part):
    root_module: _Module = _Module()


class _Name(_Part):
    to_display: str


class _Problem(_Part):
    message: str


class _CheckedInstance(_Part):
    address: _Name
    status: str
    problems: list[_Problem] | None = None


class _Kind(_Part):
    kind: str | None = None


class _Check(_Part):
    address: _Kind | None = None
    instances: list[_CheckedInstance] | None = None


# What the verdicts look at, as Terraform writes it.
_PARTS: Mapping[str, TypeAdapter[Any]] = {
    "resource_changes": TypeAdapter(list[_ResourceChange]),
    "configuration": TypeAdapter(_Configuration),
    "checks": TypeAdapter(list[_Check]),
}


def read_plan(path: Path) -> Plan:
    """Read a plan that `terraform show -json` has written to a file; one without changes has an empty list.

    Raises UserError when the file holds something else.
    """
    plan = read_json(path, wanted=_WANTED, remedy=_REMEDY)
    wrong = _other_document(plan) or _lacks(plan)
    if wrong:
        raise UserError(f"{path}: not {_WANTED} ({wrong}): {_REMEDY}")
    return Plan(document={**plan, "resource_changes": plan.get("resource_changes", [])})


def _other_document(document: object) -> str | None:
    """Return which other JSON of Terraform's this is; None for a plan and what is not Terraform's."""
    if not isinstance(document, dict) or "resource_changes" in document:
        return None
    found = next((what for key, what in _OTHERS.items() if key in document), None)
    version = document.get("format_version")
    if found is None and version is not None and not isinstance(version, str):
        return "its format_version is no text"
    return found


def _lacks(plan: object) -> str | None:
    """Return which part of a plan is not there, or is not as Terraform writes it."""
    if not isinstance(plan, dict) or not (
        "resource_changes" in plan or ("format_version" in plan and not _OF_A_PLAN.isdisjoint(plan))
    ):
        return "no resource_changes"
    for key, expected in _PARTS.items():
        if key in plan:
            try:
                expected.validate_python(plan[key])
            except ValidationError:
                return f"no {key}"
    return None
