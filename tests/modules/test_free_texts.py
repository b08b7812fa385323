"""What a person writes reaches Terraform as it is: nothing of it is taken for an expression."""

import copy
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import Any, get_args, get_origin

import pytest

from modules.settings.setting_types import Section
from modules.settings.stage_files import parse_stage
from modules.settings.stage_settings import StageSettings
from tests.conftest import Synthesize, read_stack

pytestmark = pytest.mark.jsii

# With a space, and without for what takes none.
TEXTS = ("${x} %{y}", "${x}%{y}")
AN_EXPRESSION = re.compile(r"(?<!\$)\$\{x\}|(?<!%)%\{y\}")
# A stage with one of each thing that a stage has many of.
DOCUMENT: dict[str, Any] = {
    "domain_name": "app.example.com",
    "operator_email": "ops@example.com",
    "retain_data": False,
    "default_tags": {"Team": "x"},
    "secrets": {"own": {}},
    "services": {
        "reports": {
            "port": 9000,
            "path": "/v1/reports",
            "priority": 70,
            "environment": {"A": "x"},
            "secrets": {"B": "own"},
            "build_args": {"C": "x"},
            "jobs": {"nightly": {"schedule": "rate(1 day)", "command": ["x"]}},
        }
    },
}
Path_ = tuple[str, ...]


def texts(kind: Any, path: Path_, inside: Any) -> Iterator[tuple[Path_, str]]:
    """Yield where the schema has a text, and whether it is the value, its list or the name of an entry."""
    if isinstance(kind, type) and issubclass(kind, Section):
        there = inside if isinstance(inside, dict) else {}
        for name, field in kind.model_fields.items():
            yield from texts(field.annotation, (*path, name), there.get(name))
    elif kind is str:
        yield path, "text"
    elif get_origin(kind) is tuple and str in map(_bare, get_args(kind)):
        yield path, "list"
    elif get_origin(kind) is dict:
        for key in inside if isinstance(inside, dict) else ():
            yield (*path, key), "name"
            yield from texts(get_args(kind)[1], (*path, key), inside[key])
    else:
        for part in get_args(kind):
            yield from texts(part, path, inside)


def _bare(kind: Any) -> Any:
    return get_args(kind)[0] if get_args(kind) else kind


def written(document: dict[str, Any], path: Sequence[str], what: str, text: str) -> dict[str, Any]:
    """Return the document with the text at this place."""
    new = copy.deepcopy(document)
    *above, last = path
    table: Any = new
    for step in above:
        table = table.setdefault(step, {})
    if what == "name":
        table[text] = table[last]
    else:
        table[last] = [text] if what == "list" else text
    return new


def poisoned() -> tuple[StageSettings, set[str]]:
    """Return a stage with an expression wherever its file may hold one, and the places."""
    document = DOCUMENT
    places: set[str] = set()
    for path, what in texts(StageSettings, (), DOCUMENT):
        for text in TEXTS:
            # Two variables of one name would be another error.
            new = written(document, path, what, f"{text}{len(places)}" if what == "name" else text)
            if not parse_stage(new, stage="dev")[1]:
                document = new
                places.add(".".join(path[:-1] if what == "name" else path))
                break
    settings, errors = parse_stage(document, stage="dev")
    assert not errors
    return settings, places


def test_no_text_of_a_stage_file_is_an_expression(tmp_path: Path, stack: Synthesize) -> None:
    stack("dev")  # has started jsii with the fast bindings
    from modules.app import synthesize  # noqa: PLC0415

    settings, places = poisoned()
    synthesize(
        [settings],
        adopted={},
        outdir=str(tmp_path),
        state_folder=PurePath("/state"),
        emulated=False,
    )

    text = json.dumps(read_stack(tmp_path, settings.stack_name).json)
    assert [text[found.start() - 60 : found.end()] for found in AN_EXPRESSION.finditer(text)] == []
    assert {
        "secrets.own.description",
        "services.reports.command",
        "services.reports.environment",
        "services.reports.environment.A",
        "services.reports.health_command",
        "services.reports.jobs.nightly.command",
        "services.reports.secrets",
    } <= places
