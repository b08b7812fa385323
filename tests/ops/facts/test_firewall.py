"""What the firewall's log tells of rules that only count."""

import json
from typing import Any

import pytest

from ops.facts.firewall import by_rule, matches_of


def record(*counted: str, action: str = "ALLOW", path: str = "/v1/graphql", **more: Any) -> str:
    """A record as WAF writes it, of a request that these rules of the common group counted."""
    rules = [{"ruleId": rule, "action": "COUNT", "overriddenAction": "BLOCK"} for rule in counted]
    return json.dumps(
        {
            "timestamp": 1764200000000,
            "action": action,
            "terminatingRuleId": "Default_Action",
            "terminatingRuleType": "REGULAR",
            "nonTerminatingMatchingRules": [],
            "ruleGroupList": [
                {
                    "ruleGroupId": "AWS#AWSManagedRulesCommonRuleSet",
                    "terminatingRule": None,
                    "nonTerminatingMatchingRules": rules,
                    "excludedRules": None,
                }
            ],
            "httpRequest": {"clientIp": "192.0.2.1", "httpMethod": "POST", "uri": path},
            **more,
        }
    )


def test_a_counted_rule_would_have_blocked_the_request() -> None:
    messages = [
        record("CrossSiteScripting_BODY"),
        record("CrossSiteScripting_BODY", "NoUserAgent_HEADER"),
        record("CrossSiteScripting_BODY", path="/v1/functions"),
    ]

    first, second = by_rule(match for each in messages for match in matches_of(each))

    assert (first.rule, first.would_have_blocked, first.blocked) == (
        "CrossSiteScripting_BODY",
        3,
        0,
    )
    assert (first.most_at, first.addresses) == ("POST /v1/graphql", 1)
    assert (second.rule, second.would_have_blocked) == ("NoUserAgent_HEADER", 1)


def test_what_another_rule_blocked_is_no_reason_against_it() -> None:
    limited = record(
        "NoUserAgent_HEADER",
        action="BLOCK",
        terminatingRuleId="rate-limit",
        terminatingRuleType="RATE_BASED",
    )

    found = {each.rule: each for each in by_rule(matches_of(limited))}

    assert found["NoUserAgent_HEADER"].would_have_blocked == 0
    assert found["rate-limit"].blocked == 1


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"httpRequest": {}}', "not JSON"])
def test_what_is_no_record_is_passed_over(text: str) -> None:
    assert matches_of(text) == []
