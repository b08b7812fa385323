"""Further names: in the domain's certificate, with records of their own, served or redirected."""

import pytest

from modules.settings.stage_files import parse_stage
from tests.conftest import Synthesize

REQUIRED = {"domain_name": "app.example.com", "operator_email": "ops@example.com"}
FURTHER = ["app.example.net", "example.com", "old.example.org", "www.example.com"]
ROUTE53 = {"mode": "route53", "hosted_zone_name": "example.com"}
NINE = [f"a{n}.example.com" for n in range(9)]
LONG = "x" * 61
GIVEN = "arn:aws:acm:us-east-1:123456789012:certificate/x"


def test_one_certificate_names_them_all_in_each_region(stack: Synthesize) -> None:
    for name in ("main", "cdn"):
        certificate = stack("fronted").resource("aws_acm_certificate", name)
        assert certificate["domain_name"] == "app.example.com"
        assert certificate["subject_alternative_names"] == ["app.example.com", *FURTHER]


def test_a_certificate_of_one_name_says_so_that_it_loses_the_names_it_had(
    stack: Synthesize,
) -> None:
    certificate = stack("dev").resource("aws_acm_certificate", "main")

    assert certificate["subject_alternative_names"] == ["dev.example.com"]


def test_each_name_is_proven_and_leads_to_the_edge_in_its_own_zone(stack: Synthesize) -> None:
    found = stack("fronted")

    zones = {
        record["name"]: record["zone_id"]
        for name in found.names("aws_route53_record")
        if name.startswith("alias")
        for record in [found.resource("aws_route53_record", name)]
    }
    main, org, net = (
        f"${{data.aws_route53_zone.{zone}.zone_id}}"
        for zone in ("main", "example__org", "example__net")
    )
    assert zones == {
        "app.example.com": main,
        "example.com": main,
        "www.example.com": main,
        "old.example.org": org,
        "app.example.net": net,
    }
    proof = found.resource("aws_route53_record", "certificate_validation_old__example__org")
    assert proof["zone_id"] == org
    assert proof["name"] == (
        "${one([for each in aws_acm_certificate.main.domain_validation_options : "
        'each.resource_record_name if each.domain_name == "old.example.org"])}'
    )
    validated = found.resource("aws_acm_certificate_validation", "main")
    assert len(validated["validation_record_fqdns"]) == 5


def test_all_of_them_are_cloudfronts(stack: Synthesize) -> None:
    aliases = stack("fronted").resource("aws_cloudfront_distribution", "main")["aliases"]

    assert sorted(aliases) == sorted(["app.example.com", *FURTHER])


def test_names_that_only_lead_on_answer_301_before_every_path(stack: Synthesize) -> None:
    rules = [stack("renamed").resource("aws_lb_listener_rule", f"redirect_{i}") for i in (0, 1)]

    assert [rule["priority"] for rule in rules] == [2, 3]
    values = [rule["condition"][0]["host_header"]["values"] for rule in rules]
    assert values == [[f"old-{n}.example.org" for n in range(5)], ["old-5.example.org"]]
    assert rules[0]["action"][0]["redirect"] == {
        "host": "app.example.com",
        "port": "443",
        "protocol": "HTTPS",
        "status_code": "HTTP_301",
    }


def test_with_manual_dns_every_records_text_is_an_output(stack: Synthesize) -> None:
    outputs = stack("renamed").outputs

    assert outputs["CertificateValidationRecords"] == (
        '${join("\\n", [for each in aws_acm_certificate.main.domain_validation_options : join(" ", '
        "[each.resource_record_name, each.resource_record_type, each.resource_record_value])])}"
    )
    assert "CertificateValidationRecords" not in stack("dev").outputs


@pytest.mark.parametrize(
    ("chosen", "field"),
    [
        ({"domains": {"serve": ["app.example.com"]}}, "domains"),
        ({"domains": {"serve": ["a.example.com"], "redirect": ["a.example.com"]}}, "domains"),
        ({"domains": {"serve": [f"a{n}.example.com" for n in range(10)]}}, "domains"),
        ({"domains": {"serve": NINE}, "previews": {}}, "domains"),
        ({"domain_name": "app.acme.internal"}, "domain_name"),
        ({"domain_name": "acme.home.arpa"}, "domain_name"),
        ({"domain_name": "app.example"}, "domain_name"),
        ({"domain_name": f"{LONG}.com"}, "domain_name"),
        ({"domains": {"redirect": ["www.acme.local"]}}, "domains.redirect"),
        ({"domains": {"serve": ["a.test"]}}, "domains.serve"),
        ({"domains": {"serve": [f"{LONG}.{LONG}.{LONG}.{LONG}.com.au"]}}, "domains.serve.0"),
        ({"dns": ROUTE53, "domains": {"serve": ["a.org"]}}, "domains.hosted_zone_names"),
        ({"domains": {"serve": ["*.example.com"]}}, "domains.serve.0"),
        (
            {
                "domains": {"redirect": ["www.example.com"]},
                "services": {"reports": {"port": 80, "path": "/r", "priority": 3}},
            },
            "services.reports.priority",
        ),
    ],
)
def test_names_that_cannot_be_are_one_error(chosen: dict[str, object], field: str) -> None:
    _, errors = parse_stage({**REQUIRED, **chosen}, stage="x")

    assert {each.field for each in errors} == {field}
    assert len(errors) == 1


@pytest.mark.parametrize(
    "chosen",
    [
        {"domains": {"serve": NINE}},
        {"domains": {"redirect": NINE[1:]}, "previews": {}},
        {"domains": {"serve": NINE}, "previews": {}, "certificate_arn": GIVEN},
        {"domain_name": "app.acme.internal", "certificate_arn": GIVEN},
        {"domain_name": "localhost.example.com"},
        {"domains": {"serve": [f"{LONG}.{LONG}.example.com"], "redirect": ["myexample.org"]}},
    ],
)
def test_names_of_one_certificate_are_taken(chosen: dict[str, object]) -> None:
    assert parse_stage({**REQUIRED, **chosen}, stage="x")[1] == []


def test_that_previews_take_a_name_is_said() -> None:
    _, (error,) = parse_stage({**REQUIRED, "domains": {"serve": NINE}, "previews": {}}, stage="x")

    assert "not 11: the domain and *.previews.app.example.com of [previews] among" in error.allowed
    assert error.remedy == "leave out 1 of domains.redirect and domains.serve"


def test_without_a_domain_there_are_no_further_names() -> None:
    chosen = {"phase": "foundation", "domains": {"serve": ["a.example.com"]}}
    _, errors = parse_stage(chosen, stage="x")

    assert [each.field for each in errors] == ["domains"]
