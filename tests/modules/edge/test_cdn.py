"""CloudFront before the whole domain, and who may still reach the load balancer."""

import pytest

from modules.settings.stage_files import parse_stage
from tests.conftest import Synthesize

REQUIRED = {"domain_name": "app.example.com", "operator_email": "ops@example.com"}
ELSEWHERE = "aws.us_east_1"


def test_all_but_files_with_a_hash_is_passed_whole_and_never_kept(stack: Synthesize) -> None:
    found = stack("fronted").resource("aws_cloudfront_distribution", "main")
    default = found["default_cache_behavior"]

    # AWS's own CachingDisabled and AllViewer: headers, cookies, query, and what opens a websocket.
    assert default["cache_policy_id"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert default["origin_request_policy_id"] == "216adef6-5c7f-47e4-b989-5492eafa07d3"
    assert {"POST", "PUT", "PATCH", "DELETE", "OPTIONS"} < set(default["allowed_methods"])
    assert default["viewer_protocol_policy"] == "redirect-to-https"


def test_files_with_a_hash_are_kept_as_long_as_the_application_says(stack: Synthesize) -> None:
    (kept,) = stack("fronted").resource("aws_cloudfront_distribution", "main")[
        "ordered_cache_behavior"
    ]

    assert kept["path_pattern"] == "/_next/static/*"
    assert (kept["min_ttl"], kept["default_ttl"], kept["max_ttl"]) == (0, 0, 31536000)
    assert kept["forwarded_values"]["headers"] == ["Host"]
    assert kept["forwarded_values"]["cookies"] == {"forward": "none"}


def test_no_error_of_one_user_is_kept_for_another(stack: Synthesize) -> None:
    found = stack("fronted").resource("aws_cloudfront_distribution", "main")

    errors = {each["error_code"]: each for each in found["custom_error_response"]}
    assert {403, 404, 500, 502, 503, 504} < errors.keys()
    assert {each["error_caching_min_ttl"] for each in errors.values()} == {0}


def test_it_meets_the_load_balancer_over_tls_without_a_secret(stack: Synthesize) -> None:
    (origin,) = stack("fronted").resource("aws_cloudfront_distribution", "main")["origin"]

    assert origin["domain_name"] == "${aws_lb.main.dns_name}"
    assert origin["custom_origin_config"]["origin_protocol_policy"] == "https-only"
    assert "custom_header" not in origin


def test_the_domain_leads_to_it(stack: Synthesize) -> None:
    record = stack("fronted").resource("aws_route53_record", "alias")

    assert record["name"] == "app.example.com"
    assert record["alias"] == {
        "name": "${aws_cloudfront_distribution.main.domain_name}",
        "zone_id": "${aws_cloudfront_distribution.main.hosted_zone_id}",
        "evaluate_target_health": False,
    }
    found = stack("half-fronted").resource("aws_cloudfront_distribution", "main")
    assert found["aliases"] == ["app.example.com"]


def test_elsewhere_what_cloudfront_takes_is_in_us_east_1(stack: Synthesize) -> None:
    fronted = stack("fronted")

    assert [each.get("alias") for each in fronted.json["provider"]["aws"]] == [None, "us_east_1"]
    for type_, name in (
        ("aws_acm_certificate", "cdn"),
        ("aws_acm_certificate_validation", "cdn"),
        # Of other names than before the load balancer: Terraform looks for a name in one region alone.
        ("aws_wafv2_web_acl", "cdn"),
        ("aws_wafv2_ip_set", "cdn"),
        ("aws_wafv2_web_acl_logging_configuration", "cdn"),
        ("aws_cloudwatch_log_group", "cdn"),
        ("aws_cloudwatch_log_resource_policy", "cdn"),
    ):
        assert fronted.resource(type_, name)["provider"] == ELSEWHERE
    assert "provider" not in fronted.resource("aws_acm_certificate", "main")
    certificate = fronted.resource("aws_cloudfront_distribution", "main")["viewer_certificate"]
    assert certificate["acm_certificate_arn"] == (
        "${aws_acm_certificate_validation.cdn.certificate_arn}"
    )


def test_in_us_east_1_one_certificate_and_one_provider_do(stack: Synthesize) -> None:
    here = stack("half-fronted")

    assert len(here.json["provider"]["aws"]) == 1
    assert here.names("aws_acm_certificate") == ["main"]
    certificate = here.resource("aws_cloudfront_distribution", "main")["viewer_certificate"]
    assert certificate["acm_certificate_arn"] == (
        "${aws_acm_certificate_validation.main.certificate_arn}"
    )


def test_being_taken_away_it_keeps_the_provider_that_deletes_the_rest(stack: Synthesize) -> None:
    """Without it Terraform could delete nothing of what is in the other region."""
    leaving = stack("leaving")

    assert [each.get("alias") for each in leaving.json["provider"]["aws"]] == [None, "us_east_1"]
    assert leaving.names("aws_cloudfront_distribution") == []
    assert leaving.resource("aws_wafv2_web_acl", "main")["scope"] == "REGIONAL"
    assert "provider" not in leaving.resource("aws_wafv2_web_acl", "main")
    assert len(leaving.resource("aws_security_group", "load_balancer")["ingress"]) == 2


@pytest.mark.parametrize(("stage", "name"), [("fronted", "cdn"), ("half-fronted", "main")])
def test_the_firewall_is_before_cloudfront_where_it_sees_the_users(
    stack: Synthesize, stage: str, name: str
) -> None:
    assert stack(stage).resource("aws_wafv2_web_acl", name)["scope"] == "CLOUDFRONT"
    assert stack(stage).names("aws_wafv2_web_acl_association") == []
    found = stack(stage).resource("aws_cloudfront_distribution", "main")
    assert found["web_acl_id"] == f"${{aws_wafv2_web_acl.{name}.arn}}"


def test_the_key_of_another_region_encrypts_no_log_of_the_firewall(stack: Synthesize) -> None:
    assert "kms_key_id" not in stack("fronted").resource("aws_cloudwatch_log_group", "cdn")
    assert "kms_key_id" in stack("fronted").resource("aws_cloudwatch_log_group", "app")


def test_closed_the_load_balancer_takes_one_port_from_cloudfront_alone(stack: Synthesize) -> None:
    group = stack("fronted").resource("aws_security_group", "load_balancer")

    (rule,) = group["ingress"]
    assert (rule["from_port"], rule["to_port"]) == (443, 443)
    assert rule["prefix_list_ids"] == ["${data.aws_ec2_managed_prefix_list.cloudfront.id}"]
    assert not rule.get("cidr_blocks")


def test_switching_it_on_closes_nothing_and_renames_no_group(stack: Synthesize) -> None:
    """AWS would want another group for another description."""
    before, on = (
        stack(name).resource("aws_security_group", "load_balancer")
        for name in ("route53", "half-fronted")
    )
    closed = stack("fronted").resource("aws_security_group", "load_balancer")

    assert on["ingress"] == before["ingress"]
    assert closed["description"] == before["description"]


@pytest.mark.parametrize(
    ("chosen", "field"),
    [
        ({"region": "cn-north-1", "cdn": {}}, "cdn"),
        (
            {"cdn": {"certificate_arn": "arn:aws:acm:eu-central-1:123456789012:certificate/a"}},
            "cdn.certificate_arn",
        ),
        (
            {
                "region": "eu-central-1",
                "certificate_arn": "arn:aws:acm:eu-central-1:123456789012:certificate/a",
                "cdn": {},
            },
            "cdn.certificate_arn",
        ),
        (
            {
                "account_id": "210987654321",
                "cdn": {"certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/a"},
            },
            "cdn.certificate_arn",
        ),
        ({"cdn": {"load_balancer": "closed"}}, "cdn.load_balancer"),
        ({"previews": {}, "cdn": {"load_balancer": "cloudfront"}}, "cdn.load_balancer"),
    ],
)
def test_what_cloudfront_would_refuse_is_one_error(chosen: dict[str, object], field: str) -> None:
    _, errors = parse_stage({**REQUIRED, **chosen}, stage="x")

    assert [each.field for each in errors] == [field]
