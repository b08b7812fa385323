"""The web application firewall: on in prod, and wherever a stage file says so."""

import json

import pytest

from modules.edge.web_firewall import managed_group_statement, rate_limit_statement
from tests.conftest import Synthesize
from tests.stack import Stack


@pytest.mark.parametrize("stage", ["dev", "frugal"])
def test_a_stage_for_tests_has_no_firewall(stack: Synthesize, stage: str) -> None:
    assert stack(stage).names("aws_wafv2_web_acl") == []


@pytest.mark.parametrize("stage", ["prod", "staging", "fortified"])
def test_the_firewall_stands_before_the_load_balancer(stack: Synthesize, stage: str) -> None:
    association = stack(stage).resource("aws_wafv2_web_acl_association", "load_balancer")

    assert association["resource_arn"] == "${aws_lb.main.arn}"
    assert association["web_acl_arn"] == "${aws_wafv2_web_acl.main.arn}"


def test_what_no_rule_blocks_gets_through(stack: Synthesize) -> None:
    web_acl = stack("prod").resource("aws_wafv2_web_acl", "main")

    assert (web_acl["scope"], web_acl["default_action"]) == ("REGIONAL", {"allow": {}})


def test_the_rules_are_a_limit_and_awss_groups_in_this_order(stack: Synthesize) -> None:
    rules = stack("prod").resource("aws_wafv2_web_acl", "main")["rule"]

    assert [(rule["priority"], rule["name"]) for rule in rules] == [
        (1, "rate-limit"),
        (2, "ip-reputation"),
        (3, "known-bad-inputs"),
        (4, "common"),
    ]
    groups = [rule["statement"].get("managed_rule_group_statement", {}) for rule in rules]
    assert [group.get("name") for group in groups] == [
        None,
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "AWSManagedRulesCommonRuleSet",
    ]


def test_the_limit_blocks_and_the_groups_decide_themselves(stack: Synthesize) -> None:
    limit, *groups = stack("prod").resource("aws_wafv2_web_acl", "main")["rule"]

    assert limit["action"] == {"block": {}}
    assert [group["override_action"] for group in groups] == [{"none": {}}] * 3


def test_calls_between_services_come_from_the_nat_gateways_and_have_no_limit(
    stack: Synthesize,
) -> None:
    limit, *_ = stack("prod").resource("aws_wafv2_web_acl", "main")["rule"]

    assert limit["statement"]["rate_based_statement"]["scope_down_statement"] == {
        "not_statement": {
            "statement": [{"ip_set_reference_statement": {"arn": "${aws_wafv2_ip_set.own.arn}"}}]
        }
    }
    assert stack("prod").resource("aws_wafv2_ip_set", "own")["addresses"] == [
        "${aws_nat_gateway.nat_0.public_ip}/32",
        "${aws_nat_gateway.nat_1.public_ip}/32",
    ]


def test_the_limit_counts_requests_of_an_address_in_5_minutes() -> None:
    assert rate_limit_statement(500, but_for=None) == {
        "rate_based_statement": {
            "limit": 500,
            "aggregate_key_type": "IP",
            "evaluation_window_sec": 300,
        }
    }


# What judges a body, a long query string, or a missing user agent.
ONLY_COUNT = [
    "CrossSiteScripting_BODY",
    "EC2MetaDataSSRF_BODY",
    "GenericRFI_BODY",
    "NoUserAgent_HEADER",
    "SizeRestrictions_BODY",
    "SizeRestrictions_QUERYSTRING",
]


def counted(stack: Stack) -> list[str]:
    """The rules that only count, of all groups."""
    found = []
    for rule in stack.resource("aws_wafv2_web_acl", "main")["rule"]:
        group = rule["statement"].get("managed_rule_group_statement", {})
        for override in group.get("rule_action_override", []):
            assert override["action_to_use"] == {"count": {}}
            found.append(override["name"])
    return sorted(found)


@pytest.mark.parametrize("stage", ["prod", "staging", "fortified"])
def test_html_in_a_graphql_body_is_counted_and_let_through(stack: Synthesize, stage: str) -> None:
    assert counted(stack(stage)) == ONLY_COUNT


def test_a_stage_file_turns_a_rule_to_block(stack: Synthesize) -> None:
    assert counted(stack("guarded")) == [
        rule for rule in ONLY_COUNT if rule not in {"GenericRFI_BODY", "NoUserAgent_HEADER"}
    ]


def test_a_group_without_counted_rules_overrides_nothing() -> None:
    group = managed_group_statement("AWSManagedRulesKnownBadInputsRuleSet", ())

    assert "rule_action_override" not in group["managed_rule_group_statement"]


def test_only_what_is_blocked_or_counted_is_logged_and_without_credentials(
    stack: Synthesize,
) -> None:
    logging = stack("prod").resource("aws_wafv2_web_acl_logging_configuration", "main")

    assert logging["log_destination_configs"] == ["${aws_cloudwatch_log_group.web_firewall.arn}"]
    assert logging["logging_filter"]["default_behavior"] == "DROP"
    (kept,) = logging["logging_filter"]["filter"]
    assert (kept["behavior"], kept["condition"]) == (
        "KEEP",
        [
            {"action_condition": {"action": "BLOCK"}},
            {"action_condition": {"action": "COUNT"}},
            {"action_condition": {"action": "EXCLUDED_AS_COUNT"}},
        ],
    )
    assert [field["single_header"]["name"] for field in logging["redacted_fields"]] == [
        "authorization",
        "cookie",
    ]


@pytest.mark.parametrize(("stage", "kept"), [("prod", True), ("fortified", False)])
def test_the_log_groups_name_begins_as_waf_wants_it(
    stack: Synthesize, stage: str, *, kept: bool
) -> None:
    log_group = stack(stage).resource("aws_cloudwatch_log_group", "web_firewall")

    assert log_group["name"] == f"aws-waf-logs-atomic-{stage}"
    assert log_group["skip_destroy"] is kept


def test_the_firewall_writes_by_a_policy_of_the_stages_own(stack: Synthesize) -> None:
    """The one that WAF makes by itself would remain when the stage is gone."""
    policy = stack("prod").resource("aws_cloudwatch_log_resource_policy", "web_firewall")
    (statement,) = json.loads(policy["policy_document"])["Statement"]

    assert policy["policy_name"] == "aws-waf-logs-atomic-prod"
    assert statement["Resource"] == "${aws_cloudwatch_log_group.web_firewall.arn}:log-stream:*"
    logging = stack("prod").resource("aws_wafv2_web_acl_logging_configuration", "main")
    assert logging["depends_on"] == ["aws_cloudwatch_log_resource_policy.web_firewall"]


def test_log_groups_go_with_a_stage_that_retains_nothing(stack: Synthesize) -> None:
    for name in stack("fortified").names("aws_cloudwatch_log_group"):
        assert not stack("fortified").resource("aws_cloudwatch_log_group", name)["skip_destroy"]
