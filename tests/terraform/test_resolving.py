"""What a stage is to have, with references resolved."""

import pytest

from terraform.resolving import standalone, text

VPC = {"aws_vpc.main": {"id": "vpc-1"}}


def test_a_reference_becomes_what_is_known_of_it() -> None:
    assert text("net-${aws_vpc.main.id}", VPC.get) == "net-vpc-1"


def test_an_escape_becomes_the_text_that_it_stands_for() -> None:
    assert text("$${a} %%{b} ${aws_vpc.main.id}", VPC.get) == "${a} %{b} vpc-1"


def test_a_text_with_an_unknown_reference_is_unknown() -> None:
    assert text("${aws_vpc.other.id}", VPC.get) is None


def test_an_expression_that_is_more_than_a_reference_is_unknown() -> None:
    assert text("${element(aws_vpc.main.id, 0)}", VPC.get) is None


def test_a_reference_to_a_kept_address_stays() -> None:
    value = standalone("${aws_vpc.main.id}", kept=frozenset(VPC), known=VPC.get)

    assert value == "${aws_vpc.main.id}"


def test_a_reference_within_an_expression_becomes_a_literal() -> None:
    value = standalone("${upper(aws_vpc.main.id)}", kept=frozenset(), known=VPC.get)

    assert value == '${upper("vpc-1")}'


def test_a_reference_through_an_argument_leads_to_what_that_refers_to() -> None:
    known = {"aws_acm_certificate_validation.main": {"certificate_arn": "${aws_lb.main.arn}"}}

    value = standalone(
        "${aws_acm_certificate_validation.main.certificate_arn}",
        kept=frozenset({"aws_lb.main"}),
        known=known.get,
    )

    assert value == "${aws_lb.main.arn}"


def test_what_is_not_known_by_value_is_refused() -> None:
    with pytest.raises(KeyError, match=r"aws_vpc\.other"):
        standalone("${aws_vpc.other.id}", kept=frozenset(), known=VPC.get)
