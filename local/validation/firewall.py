"""What WAF asks for, where AWS's models do not say so."""

from typing import Any

from modules.settings.rules.firewall import RULES_OF_GROUPS

Params = dict[str, Any]


def web_acl(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/waf/latest/APIReference/API_RuleActionOverride.html: one of its rules."""
    found = []
    for rule in params.get("Rules", []):
        group = rule.get("Statement", {}).get("ManagedRuleGroupStatement", {})
        known = RULES_OF_GROUPS.get(group.get("Name", ""))
        named = [each.get("Name") for each in group.get("RuleActionOverrides", [])]
        named += [each.get("Name") for each in group.get("ExcludedRules", [])]
        found += [
            f"RuleActionOverrides: {name} is no rule of {group['Name']}"
            for name in named
            if known is not None and name not in known
        ]
    return found
