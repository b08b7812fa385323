"""The expression language, case by case.

Every value in written_by_terraform.json is what Terraform 1.11.4 itself gave.
"""

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import UserError
from imports.sources.terraform_base.hcl.expressions import Evaluator
from imports.sources.terraform_base.hcl.functions import call
from imports.sources.terraform_base.hcl.functions_collection import COLLECTION_FUNCTIONS
from imports.sources.terraform_base.hcl.functions_text import TEXT_FUNCTIONS
from imports.sources.terraform_base.hcl.policy_document import policy_document
from imports.sources.terraform_base.hcl.substitution import follow, substitute
from imports.sources.terraform_base.hcl.syntax import parse_expression
from imports.sources.terraform_base.hcl.values import (
    Deferred,
    EvaluationError,
    Reference,
    Template,
    Unknown,
    Value,
)
from imports.sources.terraform_base.legacy_hcl import read_configuration

WRITTEN_BY_TERRAFORM: list[tuple[str, Value]] = json.loads(
    (Path(__file__).parent.parent / "written_by_terraform.json").read_text(encoding="utf-8")
)


class OneObject:
    """One resource `aws_x.y`, whose attributes are known after apply, and no file."""

    def named(self, root: str, path: tuple[str, ...]) -> tuple[Value, int]:
        if root == "aws_x" and path[:1] == ("y",):
            return Reference("aws_x.y", ""), 1
        raise EvaluationError(f"no {root}")

    def attribute(self, address: str, name: str) -> Value:
        return Reference(address, name)

    def read_file(self, path: str) -> str | None:
        return "hello ${name}" if path == "t.tpl" else None


def evaluate(source: str) -> Value:
    return Evaluator(names=OneObject()).settle(parse_expression(source))


ID = Reference("aws_x.y", "id")


@pytest.mark.parametrize(("source", "expected"), WRITTEN_BY_TERRAFORM)
def test_an_expression_gives_what_terraform_gives(source: str, expected: Value) -> None:
    found = evaluate(source)
    assert found == expected
    assert isinstance(found, bool) == isinstance(expected, bool)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("aws_x.y.id", ID),
        ("aws_x.y.list[0].port", Reference("aws_x.y", "list[0].port")),
        ('aws_x.y.map["k"]', Reference("aws_x.y", 'map["k"]')),
        ("aws_x.y.list[*].id", Reference("aws_x.y", "list[*].id")),
        ("aws_x.y[*].id", [ID]),
        ('"${aws_x.y.id}"', ID),
        ('"a-${aws_x.y.id}-b"', Template(("a-", ID, "-b"))),
        ("[aws_x.y.id, 1]", [ID, 1]),
        ("length([aws_x.y.id, 1])", 2),
        ("merge({ a = 1 }, { b = aws_x.y.id })", {"a": 1, "b": ID}),
        ("lower(aws_x.y.id)", Deferred("lower", (ID,))),
        ('aws_x.y.id == "a"', Deferred("==", (ID, "a"))),
        ('aws_x.y.on ? "a" : "b"', Deferred("?:", (Reference("aws_x.y", "on"), "a", "b"))),
        ("false && aws_x.y.on", False),
        ('coalesce("", "a", aws_x.y.id)', "a"),
        ('coalesce("", aws_x.y.id)', Deferred("coalesce", (ID,))),
        ('contains([aws_x.y.id, "a"], "a")', True),
        ("element([aws_x.y.id], 0)", ID),
    ],
)
def test_what_exists_after_apply_only_stays_visible(source: str, expected: Value) -> None:
    assert evaluate(source) == expected


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("nosuch(1)", "the function nosuch() is not evaluated here"),
        ("timestamp()", "the function timestamp() gives its value at apply only"),
        ("provider::aws::arn_parse(1)", "provider::aws::arn_parse() is not evaluated"),
        ("nothing.here", "no nothing"),
        ("[1][3]", "beyond its list"),
        ("{ a = 1 }.b", "no attribute b"),
        ('1 + "x"', "a number is needed"),
        ("1 / 0", "the operator / was given what it does not take"),
        ('jsondecode("{")', "jsondecode() was given what it does not take"),
        ('cidrsubnet("10.0.0.0/30", 8, 1)', "more bits than the block has"),
        ("range(100000)", "at most 1024"),
        ('file("gone")', "not there or cannot be read"),
        ("[for x in aws_x.y.list : x]", "aws_x.y.list, which is known after apply"),
        ("{ for x in [1] : aws_x.y.id => x }", "aws_x.y.id, which is known after apply"),
        ("{ for x in [1, 1] : x => x }", "one key twice"),
        ("pow(10, 1000)", "too large"),
        ('replace("a", "/(a+)+b/", "")', "not evaluated here"),
        ("!5", "true or false is needed"),
    ],
)
def test_what_cannot_be_told_is_unknown_with_its_reason(source: str, reason: str) -> None:
    found = evaluate(source)
    assert isinstance(found, Unknown)
    assert reason in found.reason


def test_a_reason_never_quotes_a_value() -> None:
    found = evaluate('cidrsubnet("hunter2", 8, "hunter2")')
    assert isinstance(found, Unknown)
    assert "hunter2" not in found.reason


def test_markers_do_not_show_literal_texts() -> None:
    assert "hunter2" not in repr(evaluate('"hunter2-${aws_x.y.id}"'))
    assert "hunter2" not in repr(evaluate('join("hunter2", [aws_x.y.id])'))


def test_a_template_file_is_rendered() -> None:
    assert evaluate('templatefile("t.tpl", { name = "you" })') == "hello you"


def test_deep_nesting_is_unknown() -> None:
    found = evaluate("(" * 400 + "1" + ")" * 400)
    assert found == 1 or isinstance(found, Unknown)


def test_an_endless_evaluation_is_cut_off() -> None:
    found = evaluate("[for a in range(1000) : [for b in range(1000) : [for c in range(1000) : a]]]")
    assert isinstance(found, Unknown)
    assert "too many steps" in found.reason


def known(reference: Reference) -> Value:
    return follow({"id": "i-1", "list": [{"port": 5}, {"port": 6}]}, reference.attribute)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('"a-${aws_x.y.id}"', "a-i-1"),
        ("aws_x.y.list[1].port + 1", 7),
        ("aws_x.y.list[*].port", [5, 6]),
        ("jsonencode({ k = [aws_x.y.id] })", '{"k":["i-1"]}'),
        ('aws_x.y.id == "i-1" ? "same" : "other"', "same"),
        ('{ a = [upper("${aws_x.y.id}-b")] }', {"a": ["I-1-B"]}),
    ],
)
def test_references_can_be_filled_in_later(source: str, expected: Value) -> None:
    assert substitute(evaluate(source), known) == expected


def test_what_is_still_missing_stays_a_reference() -> None:
    assert substitute([ID], lambda reference: reference) == [ID]


def test_a_policy_document_is_written_as_the_provider_writes_it() -> None:
    statement: Value = {
        "actions": ["a:B", "a:C"],
        "resources": ["*"],
        "principals": [{"type": "Service", "identifiers": ["x.amazonaws.com"]}],
        "condition": [{"test": "StringLike", "variable": "v", "values": ["&{aws:username}/<"]}],
    }
    assert policy_document({"statement": [statement]}) == (
        '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n'
        '      "Action": [\n        "a:C",\n        "a:B"\n      ],\n      "Resource": "*",\n'
        '      "Principal": {\n        "Service": "x.amazonaws.com"\n      },\n'
        '      "Condition": {\n        "StringLike": {\n'
        '          "v": "${aws:username}/\\u003c"\n        }\n      }\n    }\n  ]\n}'
    )


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
names = st.sampled_from(sorted({*TEXT_FUNCTIONS, *COLLECTION_FUNCTIONS, "/", "%", "+", "*", "<"}))


@settings(max_examples=1000)
@given(names, st.lists(plain, max_size=4))
def test_no_call_raises_anything_else(name: str, arguments: list[Value]) -> None:
    with contextlib.suppress(EvaluationError):
        call(name, arguments)


PIECES = """aws_x.y aws_x.y.id 1 -2 "a" "${ } [ ] { } ( ) , . [*] .* for in if : => ... ? ! == && ||
    + - * / % = null true x f( length( %{ endif <<EOT EOT " $${ ~} """
tokens = st.sampled_from([*PIECES.split(), "\n"])


@settings(max_examples=500)
@given(st.lists(tokens, max_size=14).map(" ".join) | st.text(max_size=40))
def test_no_expression_raises_anything_else(
    tmp_path_factory: pytest.TempPathFactory, source: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    text = f'resource "a" "b" {{\n x = {source}\n}}\n'
    (folder / "main.tf").write_text(text, encoding="utf-8", errors="replace")
    with contextlib.suppress(UserError):
        read_configuration(folder)
