"""The web application firewall in front of the load balancer, or of CloudFront before it."""

import json
from collections.abc import Sequence
from typing import Any

from cdktf import TerraformProvider
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.cloudwatch_log_resource_policy import (
    CloudwatchLogResourcePolicy,
)
from cdktf_cdktf_provider_aws.lb import Lb
from cdktf_cdktf_provider_aws.wafv2_ip_set import Wafv2IpSet
from cdktf_cdktf_provider_aws.wafv2_web_acl import (
    Wafv2WebAcl,
    Wafv2WebAclDefaultAction,
    Wafv2WebAclDefaultActionAllow,
    Wafv2WebAclRule,
    Wafv2WebAclRuleAction,
    Wafv2WebAclRuleActionBlock,
    Wafv2WebAclRuleOverrideAction,
    Wafv2WebAclRuleOverrideActionNone,
    Wafv2WebAclRuleVisibilityConfig,
    Wafv2WebAclVisibilityConfig,
)
from cdktf_cdktf_provider_aws.wafv2_web_acl_association import Wafv2WebAclAssociation
from cdktf_cdktf_provider_aws.wafv2_web_acl_logging_configuration import (
    Wafv2WebAclLoggingConfiguration,
    Wafv2WebAclLoggingConfigurationLoggingFilter,
    Wafv2WebAclLoggingConfigurationLoggingFilterFilter,
    Wafv2WebAclLoggingConfigurationLoggingFilterFilterCondition,
    Wafv2WebAclLoggingConfigurationLoggingFilterFilterConditionActionCondition,
    Wafv2WebAclLoggingConfigurationRedactedFields,
    Wafv2WebAclLoggingConfigurationRedactedFieldsSingleHeader,
)
from constructs import Construct

from modules.base.address import address
from modules.base.partition import GLOBAL_REGION
from modules.context import Context
from modules.security import policies
from modules.settings import stage_settings as s
from modules.settings.rules.firewall import COUNTED

# Rule -> AWS's group, and which of its rules only count.
# https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
MANAGED_RULE_GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("ip-reputation", "AWSManagedRulesAmazonIpReputationList", ()),
    ("known-bad-inputs", "AWSManagedRulesKnownBadInputsRuleSet", ()),
    ("common", "AWSManagedRulesCommonRuleSet", COUNTED),
)
# They hold sessions and tokens.
_REDACTED_HEADERS = ("authorization", "cookie")


def rate_limit_statement(requests_per_5_minutes: int, *, but_for: str | None) -> dict[str, Any]:
    """Match an address that sends more requests than this; `but_for` is the ARN of a set that may."""
    own = {"ip_set_reference_statement": {"arn": but_for}}
    scope = {"scope_down_statement": {"not_statement": {"statement": [own]}}} if but_for else {}
    return {
        "rate_based_statement": {
            "limit": requests_per_5_minutes,
            "aggregate_key_type": "IP",
            "evaluation_window_sec": 300,
            **scope,
        }
    }


def managed_group_statement(group: str, counted: tuple[str, ...]) -> dict[str, Any]:
    """AWS's group of rules, of which the `counted` ones block nothing."""
    overrides = [{"name": rule, "action_to_use": {"count": {}}} for rule in counted]
    return {
        "managed_rule_group_statement": {
            "vendor_name": "AWS",
            "name": group,
            **({"rule_action_override": overrides} if overrides else {}),
        }
    }


class WebFirewall(Construct):
    """A web ACL: a limit per address, then AWS's managed rules. What it blocks is logged, and what it counts.

    Before a load balancer it is joined to it here. Without one it is for CloudFront, which names it itself: a
    firewall behind CloudFront would see and limit CloudFront's addresses instead of the users', and what a
    request says of its own origin anybody can write. It is in `GLOBAL_REGION` then, through `provider` where
    the stage is not.

    `own_addresses` are the public addresses that the stage's tasks come from. Where services call one another
    by the stage's domain, all of a zone's calls come from one address, and would soon exceed the limit.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        settings: s.Security,
        load_balancer: Lb | None,
        own_addresses: Sequence[str],
        provider: TerraformProvider | None,
    ) -> None:
        super().__init__(scope, id_)
        self._scope, self._region, self._provider = (
            "REGIONAL" if load_balancer else "CLOUDFRONT",
            context.region if load_balancer else GLOBAL_REGION,
            provider,
        )
        # Terraform would look for the one before the load balancer in the other region, and leave it behind.
        self._label = "cdn" if provider else None
        own = self._own_addresses(own_addresses, context) if own_addresses else None
        limit = Wafv2WebAclRule(
            name="rate-limit",
            priority=1,
            action=Wafv2WebAclRuleAction(block=Wafv2WebAclRuleActionBlock()),
            statement=rate_limit_statement(
                settings.rate_limit_per_5_minutes, but_for=own.arn if own else None
            ),
            visibility_config=_rule_metric("rate-limit"),
        )
        managed = [
            Wafv2WebAclRule(
                name=name,
                priority=priority,
                override_action=Wafv2WebAclRuleOverrideAction(
                    none=Wafv2WebAclRuleOverrideActionNone()
                ),
                statement=managed_group_statement(
                    group,
                    tuple(rule for rule in counted if rule not in settings.firewall_blocks),
                ),
                visibility_config=_rule_metric(name),
            )
            for priority, (name, group, counted) in enumerate(MANAGED_RULE_GROUPS, start=2)
        ]
        self.web_acl = address(self._label or "main", Wafv2WebAcl)(
            self,
            "web_acl",
            provider=provider,
            name=context.names.web_firewall,
            description=f"In front of {'the load balancer' if load_balancer else 'CloudFront'}",
            scope=self._scope,
            default_action=Wafv2WebAclDefaultAction(allow=Wafv2WebAclDefaultActionAllow()),
            rule=[limit, *managed],
            visibility_config=Wafv2WebAclVisibilityConfig(
                cloudwatch_metrics_enabled=True,
                metric_name=context.names.web_firewall,
                sampled_requests_enabled=True,
            ),
        )
        if load_balancer:
            address("load_balancer", Wafv2WebAclAssociation)(
                self,
                "association",
                resource_arn=load_balancer.arn,
                web_acl_arn=self.web_acl.arn,
            )
        self._log(context)

    def _own_addresses(self, addresses: Sequence[str], context: Context) -> Wafv2IpSet:
        return address(self._label or "own", Wafv2IpSet)(
            self,
            "own_addresses",
            provider=self._provider,
            name=context.names.own_addresses,
            description="Where the tasks of this stage come from",
            scope=self._scope,
            ip_address_version="IPV4",
            addresses=[f"{each}/32" for each in addresses],
        )

    def _log(self, context: Context) -> None:
        log_group = address(self._label or "web_firewall", CloudwatchLogGroup)(
            self,
            "log_group",
            provider=self._provider,
            name=context.names.web_firewall_log_group,
            retention_in_days=context.log_retention_days,
            # The stage's key is in the stage's region.
            kms_key_id=None if self._provider else context.key_arn,
            skip_destroy=context.retain_data,
        )
        # WAF would make one by itself, which no destroy takes away, and of which a region has ten.
        # https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html
        written = address(self._label or "web_firewall", CloudwatchLogResourcePolicy)(
            self,
            "log_policy",
            provider=self._provider,
            policy_name=context.names.web_firewall_log_group,
            policy_document=json.dumps(
                policies.firewall_log_policy(
                    log_group_arn=log_group.arn,
                    account_id=context.account_id,
                    region=self._region,
                )
            ),
        )
        # A managed group's rule that is told to count is EXCLUDED_AS_COUNT where it is excluded, as was once
        # the only way, and COUNT where its action is overridden, as here.
        # https://docs.aws.amazon.com/waf/latest/APIReference/API_ActionCondition.html
        # https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html
        kept = [
            Wafv2WebAclLoggingConfigurationLoggingFilterFilterCondition(
                action_condition=(
                    Wafv2WebAclLoggingConfigurationLoggingFilterFilterConditionActionCondition(
                        action=action
                    )
                )
            )
            for action in ("BLOCK", "COUNT", "EXCLUDED_AS_COUNT")
        ]
        address(self._label or "main", Wafv2WebAclLoggingConfiguration)(
            self,
            "logging",
            provider=self._provider,
            resource_arn=self.web_acl.arn,
            log_destination_configs=[log_group.arn],
            depends_on=[written],
            logging_filter=Wafv2WebAclLoggingConfigurationLoggingFilter(
                default_behavior="DROP",
                filter=[
                    Wafv2WebAclLoggingConfigurationLoggingFilterFilter(
                        behavior="KEEP", requirement="MEETS_ANY", condition=kept
                    )
                ],
            ),
            redacted_fields=[
                Wafv2WebAclLoggingConfigurationRedactedFields(
                    single_header=Wafv2WebAclLoggingConfigurationRedactedFieldsSingleHeader(
                        name=header
                    )
                )
                for header in _REDACTED_HEADERS
            ],
        )


def _rule_metric(name: str) -> Wafv2WebAclRuleVisibilityConfig:
    return Wafv2WebAclRuleVisibilityConfig(
        cloudwatch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True
    )
