"""Which rules WAF takes for those of a managed group."""

from typing import Any

import pytest

from local.validation.firewall import web_acl
from modules.settings.rules.firewall import COUNTED


def acl(name: str) -> dict[str, Any]:
    group = {
        "Name": "AWSManagedRulesCommonRuleSet",
        "RuleActionOverrides": [{"Name": name, "ActionToUse": {"Count": {}}}],
    }
    return {"Rules": [{"Statement": {"ManagedRuleGroupStatement": group}}]}


@pytest.mark.parametrize("name", COUNTED)
def test_a_rule_of_the_group_is_taken(name: str) -> None:
    assert web_acl(acl(name)) == []


@pytest.mark.parametrize(
    "name", ["CrossSiteScripting_Body", "SizeRestrictions_QUERYARGUMENTS", "Log4JRCE_BODY"]
)
def test_another_name_is_refused(name: str) -> None:
    (line,) = web_acl(acl(name))

    assert line == f"RuleActionOverrides: {name} is no rule of AWSManagedRulesCommonRuleSet"
