"""The certificate in its three modes: given, validated by Route 53, pending a person's record."""

import pytest

from tests.conftest import Synthesize

GIVEN = "arn:aws:acm:us-east-1:123456789012:certificate/given"
RECORD_OUTPUTS = {f"CertificateValidationRecord{part}" for part in ("Name", "Type", "Value")}
RECORD = "${{one(aws_acm_certificate.main.domain_validation_options).resource_record_{}}}"


def test_a_given_certificate_is_used_as_it_is(stack: Synthesize) -> None:
    listener = stack("frugal").resource("aws_lb_listener", "https")

    assert listener["certificate_arn"] == GIVEN
    assert stack("frugal").outputs["CertificateArn"] == GIVEN


@pytest.mark.parametrize(
    "type_", ["aws_acm_certificate", "aws_acm_certificate_validation", "aws_route53_record"]
)
def test_beside_a_given_certificate_nothing_is_requested(stack: Synthesize, type_: str) -> None:
    assert stack("frugal").names(type_) == []


@pytest.mark.parametrize("stage", ["dev", "route53", "foundation"])
def test_a_certificate_is_requested_for_the_domain(stack: Synthesize, stage: str) -> None:
    certificate = stack(stage).resource("aws_acm_certificate", "main")

    domain = "dev.example.com" if stage == "dev" else "app.example.com"
    assert (certificate["domain_name"], certificate["validation_method"]) == (domain, "DNS")
    assert stack(stage).outputs["CertificateArn"] == "${aws_acm_certificate.main.arn}"


def test_the_next_certificate_is_there_before_the_last_one_goes(stack: Synthesize) -> None:
    certificate = stack("dev").resource("aws_acm_certificate", "main")

    assert certificate["lifecycle"] == {"create_before_destroy": True}


@pytest.mark.parametrize("stage", ["dev", "route53"])
def test_the_listener_waits_for_an_issued_certificate(stack: Synthesize, stage: str) -> None:
    validation = stack(stage).resource("aws_acm_certificate_validation", "main")
    listener = stack(stage).resource("aws_lb_listener", "https")

    assert validation["certificate_arn"] == "${aws_acm_certificate.main.arn}"
    expected = "${aws_acm_certificate_validation.main.certificate_arn}"
    assert listener["certificate_arn"] == expected


def test_route53_validates_the_certificate(stack: Synthesize) -> None:
    record = stack("route53").resource("aws_route53_record", "certificate_validation")
    validation = stack("route53").resource("aws_acm_certificate_validation", "main")

    assert record["zone_id"] == "${data.aws_route53_zone.main.zone_id}"
    assert record["name"] == RECORD.format("name")
    assert record["type"] == RECORD.format("type")
    assert record["records"] == [RECORD.format("value")]
    fqdns = ["${aws_route53_record.certificate_validation.fqdn}"]
    assert validation["validation_record_fqdns"] == fqdns


def test_route53s_public_zone_is_looked_up_by_name(stack: Synthesize) -> None:
    zone = stack("route53").json["data"]["aws_route53_zone"]["main"]

    assert (zone["name"], zone["private_zone"]) == ("example.com", False)


def test_route53_points_the_domain_to_the_load_balancer(stack: Synthesize) -> None:
    record = stack("route53").resource("aws_route53_record", "alias")

    assert (record["name"], record["type"]) == ("app.example.com", "A")
    assert record["zone_id"] == "${data.aws_route53_zone.main.zone_id}"
    assert record["alias"] == {
        "name": "${aws_lb.main.dns_name}",
        "zone_id": "${aws_lb.main.zone_id}",
        "evaluate_target_health": True,
    }


@pytest.mark.parametrize("stage", ["dev", "foundation"])
def test_with_manual_dns_the_record_to_set_is_an_output(stack: Synthesize, stage: str) -> None:
    outputs = stack(stage).outputs

    assert {name: outputs[name] for name in RECORD_OUTPUTS} == {
        "CertificateValidationRecordName": RECORD.format("name"),
        "CertificateValidationRecordType": RECORD.format("type"),
        "CertificateValidationRecordValue": RECORD.format("value"),
    }


@pytest.mark.parametrize("stage", ["frugal", "route53"])
def test_without_a_record_to_set_there_is_no_such_output(stack: Synthesize, stage: str) -> None:
    assert RECORD_OUTPUTS & stack(stage).outputs.keys() == set()


def test_with_manual_dns_the_foundation_does_not_wait_for_the_certificate(
    stack: Synthesize,
) -> None:
    assert stack("foundation").names("aws_acm_certificate_validation") == []


def test_with_manual_dns_no_record_is_made(stack: Synthesize) -> None:
    assert stack("dev").names("aws_route53_record") == []
