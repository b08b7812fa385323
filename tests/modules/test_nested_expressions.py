"""No expression lost its `${}` because it was put, as text, into another one."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Synthesize
from tests.imports.records import bound_document
from tests.stages import SHIPPED, VARIANTS

LATER_PHASES = ("foundation", "full")


def quoted_in_expressions(text: str) -> Iterator[str]:
    """Every quoted literal in the expressions of a template, without the expressions in it."""
    yield from _literals(text, 0, in_quotes=False)[1]


def _literals(text: str, at: int, *, in_quotes: bool) -> tuple[int, list[str]]:
    """The literals of a template from `at`, and where it ends: with the text, or with its quotes."""
    own, found = "", list[str]()
    while at < len(text):
        if text.startswith(("$${", "%%{"), at):
            at += 3
        elif text.startswith(("${", "%{"), at):
            at, inner = _expression(text, at + 2)
            found += inner
        elif in_quotes and text[at] == "\\":
            own, at = own + text[at : at + 2], at + 2
        elif in_quotes and text[at] == '"':
            return at + 1, [own, *found]
        else:
            own, at = own + text[at], at + 1
    return at, found


def _expression(text: str, at: int) -> tuple[int, list[str]]:
    depth, found = 1, list[str]()
    while depth:
        if text[at] == '"':
            at, inner = _literals(text, at + 1, in_quotes=True)
            found += inner
            continue
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return at, found


def texts(value: Any) -> Iterator[str]:
    """Every text of a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)


def lost(document: dict[str, Any]) -> list[str]:
    """The literals in expressions that name a resource of the stack."""
    types = {
        type_
        for section in ("resource", "data", "ephemeral")
        for type_ in document.get(section, {})
    }
    reference = re.compile(rf"\b(?:{'|'.join(sorted(types))})\.\w")
    return [
        literal
        for text in texts(document)
        for literal in quoted_in_expressions(text)
        if reference.search(literal)
    ]


@pytest.mark.parametrize("stage", [*SHIPPED, *VARIANTS])
def test_no_expression_of_a_new_stage_became_text(stack: Synthesize, stage: str) -> None:
    assert lost(stack(stage).json) == []


@pytest.mark.jsii
@pytest.mark.parametrize("phase", ["adopt", *LATER_PHASES])
def test_no_expression_of_an_adopted_stage_became_text(phase: str) -> None:
    assert lost(bound_document(phase)) == []


@pytest.mark.parametrize(
    ("text", "literals"),
    [
        ("a.b ${c.d}", []),
        ('${x ? "a ${b["k"]} c" : d("e\\"f")}', ["a  c", "k", 'e\\"f']),
        ('$${"no"} ${"yes"} {"no"}', ["yes"]),
        ('${{ "k" = { v = "w" } }} "no"', ["k", "w"]),
    ],
)
def test_a_literal_is_told_from_what_surrounds_it(text: str, literals: list[str]) -> None:
    assert list(quoted_in_expressions(text)) == literals


def test_a_lost_expression_would_be_found() -> None:
    document = {
        "resource": {"aws_db_instance": {"main": {}}},
        "output": {"o": {"value": '${c ? "jdbc://aws_db_instance.main.address:1" : d}'}},
    }

    assert lost(document) == ["jdbc://aws_db_instance.main.address:1"]


@pytest.mark.jsii
@pytest.mark.parametrize("phase", LATER_PHASES)
@pytest.mark.parametrize(
    ("name", "composed"),
    [
        ("supertokens_db_conn_string", 'format("postgresql://%s:%s@%s:%s/%s", {login}, {rest})'),
        ("hasura_db_conn_string", 'format("postgres://%s:%s@%s:%s/%s", {login}, {rest})'),
        ("optaplanner_db_conn_string", 'format("jdbc:postgresql://%s:%s/%s", {rest})'),
    ],
)
def test_an_adopted_connection_string_is_composed_where_nobody_has_set_it(
    phase: str, name: str, composed: str
) -> None:
    version = bound_document(phase)["resource"]["aws_secretsmanager_secret_version"][name]

    stored = "ephemeral.aws_secretsmanager_secret_version"
    password = f'jsondecode({stored}.rds_master_credentials.secret_string)["password"]'
    expression = composed.format(
        login=f'"postgresadmin", urlencode({password})',
        rest='aws_db_instance.main.address, "5432", "atomicdb"',
    )
    assert version["secret_string_wo"].endswith(
        f" ? {expression} : {stored}.{name}.secret_string}}"
    )
    # The number under which earlier releases wrote the text of the expression was 1.
    assert version["secret_string_wo_version"] == 2
