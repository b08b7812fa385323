"""The one parser of references: what it finds in expressions, and what it passes over."""

import json

import pytest

from terraform.references import (
    Reference,
    addresses,
    expression_in,
    parse,
    pieces,
    references,
    replaced,
    sole,
    value_at,
)

VPC = "aws_vpc.main"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("${aws_vpc.main.id}", {VPC}),
        ("a-${aws_vpc.main.id}-${aws_subnet.a-b.id}", {VPC, "aws_subnet.a-b"}),
        ("${data.aws_region.here.name}", {"data.aws_region.here"}),
        ("${ephemeral.aws_secret.one.value}", {"ephemeral.aws_secret.one"}),
        ("${random_password.master.result}", {"random_password.master"}),
        ('${lookup({a = "}"}, "a", aws_vpc.main.id)}', {VPC}),
        ('${join(",", [for s in aws_subnet.all : s.id])}', {"aws_subnet.all"}),
        ('${format("%s-${aws_vpc.main.id}", "x")}', {VPC}),
        ('${"\\"${aws_vpc.main.id}"}', {VPC}),
        ("%{ if aws_vpc.main.id != null }yes%{ endif }", {VPC}),
        ("\\${aws_vpc.main.id}", {VPC}),
        (json.dumps({"Resource": "${aws_vpc.main.arn}"}), {VPC}),
    ],
)
def test_an_expression_refers_to_these(text: str, found: set[str]) -> None:
    assert addresses(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "aws_vpc.main.id",
        "$${aws_vpc.main.id}",
        "%%{ if aws_vpc.main.id }",
        '${"aws_vpc.main.id"}',
        "${var.aws_vpc.main.id}",
        "${local.aws_vpc.main}",
        "${each.value.id}",
        "${module.net.vpc_id}",
        "${module.net.some_thing.other}",
        "${length(list)}",
        "${",
        "",
    ],
)
def test_no_resource_is_meant(text: str) -> None:
    assert addresses(text) == set()


def test_a_nested_value_is_searched_at_any_depth_but_for_comments() -> None:
    value = {
        "//": {"metadata": "${aws_eip.comment.id}"},
        "depends_on": ["aws_iam_role.one", "module.net"],
        "route": [{"gateway_id": "${aws_internet_gateway.main.id}"}, 1, None],
    }

    assert addresses(value) == {"aws_iam_role.one", "aws_internet_gateway.main"}


def test_a_reference_says_what_of_the_resource() -> None:
    (found,) = references('${aws_subnet.all["a.b\\"c"].ipv6[0].block}')

    assert found == Reference(
        type="aws_subnet", name="all", index='a.b"c', attributes=("ipv6", 0, "block")
    )
    assert found.address == "aws_subnet.all"


def test_an_address_within_a_module_is_parsed() -> None:
    assert parse('module.net["x"].module.in.data.aws_vpc.main[2]') == Reference(
        module='module.net["x"].module.in.', mode="data.", type="aws_vpc", name="main", index=2
    )


@pytest.mark.parametrize("text", ["aws_vpc.main.id}", "var.x", "aws_vpc", "f(aws_vpc.main.id)", ""])
def test_what_is_not_one_reference_is_not_parsed(text: str) -> None:
    assert parse(text) is None


def test_only_a_value_that_is_all_one_reference_is_one() -> None:
    assert sole("${aws_vpc.main.id}") == Reference(type="aws_vpc", name="main", attributes=("id",))
    assert [sole(each) for each in ("${aws_vpc.main.id}/a", "aws_vpc.main.id", 3, None)] == [
        None
    ] * 4


def test_an_expression_is_taken_out_of_text_that_is_nothing_else() -> None:
    assert expression_in('${a({b = "}"})}') == 'a({b = "}"})'
    assert expression_in("${a}${b}") is None


def test_text_falls_into_what_is_written_out_and_expressions() -> None:
    text = 'a$${b}${c("}")}d%{ if x }${e}'

    assert list(pieces(text)) == [
        (False, "a$${b}"),
        (True, 'c("}")'),
        (False, "d%{ if x }"),
        (True, "e"),
    ]


def test_references_are_replaced_and_all_else_stays() -> None:
    expression = 'join(aws_vpc.main.id, "aws_vpc.main.id", var.x, aws_eip.one.id)'

    changed = replaced(expression, lambda found: '"v"' if found.type == "aws_vpc" else None)

    assert changed == 'join("v", "aws_vpc.main.id", var.x, aws_eip.one.id)'


def test_a_path_leads_to_a_value() -> None:
    attributes = {"secret": [{"arn": "a"}]}

    assert value_at(attributes, ("secret", 0, "arn")) == "a"
    assert [
        value_at(attributes, path) for path in ((), ("x",), ("secret", 1), ("secret", "a"))
    ] == [None] * 4
