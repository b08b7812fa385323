"""Which rule holds for which call, beside AWS's models: two tables.

The functions are in the modules beside this one, each with the page it follows.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local.validation import (
    clocks,
    containers,
    databases,
    firewall,
    monitoring,
    names,
    network,
    policies,
)
from local.validation.account import Account
from local.validation.tags import tag_errors
from local.validation.wire import Call

Params = dict[str, Any]
FormRule = Callable[[Params], list[str]]
StandingRule = Callable[[Params, Account], list[str]]


# What shows in the request itself.
_FORM: Mapping[str, Iterable[FormRule]] = {
    "acm.RequestCertificate": [names.certificate],
    "application-autoscaling.PutScheduledAction": [clocks.scheduled_action],
    "backup.CreateBackupPlan": [monitoring.backup_rules],
    "backup.UpdateBackupPlan": [monitoring.backup_rules],
    "budgets.CreateBudget": [monitoring.budget_subscribers],
    "cloudwatch.PutMetricAlarm": [monitoring.alarm],
    "ec2.AuthorizeSecurityGroupEgress": [network.ports],
    "ec2.AuthorizeSecurityGroupIngress": [network.ports],
    "ec2.CreateSecurityGroup": [names.security_group],
    "ec2.CreateVpc": [network.vpc],
    "ecs.CreateCluster": [names.cluster],
    "ecs.CreateService": [names.cluster],
    "ecs.RegisterTaskDefinition": [names.cluster, containers.task_definition],
    "elbv2.CreateLoadBalancer": [names.load_balancer],
    "elbv2.CreateRule": [network.listener_rule],
    "elbv2.CreateTargetGroup": [names.target_group, network.target_group],
    "elbv2.ModifyRule": [network.listener_rule],
    "elbv2.ModifyTargetGroup": [network.target_group],
    "events.PutRule": [monitoring.event_rule],
    "events.PutTargets": [monitoring.event_targets],
    "logs.PutRetentionPolicy": [monitoring.retention],
    "rds.CreateDBCluster": [databases.created],
    "rds.CreateDBClusterParameterGroup": [databases.identifiers],
    "rds.CreateDBInstance": [databases.created],
    "rds.CreateDBParameterGroup": [databases.identifiers],
    "rds.DeleteDBCluster": [databases.identifiers],
    "rds.DeleteDBInstance": [databases.identifiers],
    "rds.ModifyDBCluster": [databases.identifiers, databases.sizes],
    "rds.ModifyDBInstance": [databases.identifiers, databases.sizes],
    "s3.CreateBucket": [names.bucket],
    "scheduler.CreateSchedule": [clocks.schedule],
    "scheduler.UpdateSchedule": [clocks.schedule],
    "secretsmanager.CreateSecret": [names.secret],
    "sns.CreateTopic": [names.topic],
    "sns.Subscribe": [monitoring.subscription],
    "wafv2.CreateWebACL": [firewall.web_acl],
    "wafv2.UpdateWebACL": [firewall.web_acl],
}
# What shows only beside what exists already.
_STANDING: Mapping[str, Iterable[StandingRule]] = {
    "ec2.AuthorizeSecurityGroupEgress": [network.sources],
    "ec2.AuthorizeSecurityGroupIngress": [network.sources],
    "ec2.DeleteSecurityGroup": [network.dependents],
    "ecs.CreateService": [containers.runnable],
    "ecs.RunTask": [containers.runnable],
    "ecs.UpdateService": [containers.runnable],
    "elbv2.CreateListener": [network.listener],
    "elbv2.CreateLoadBalancer": [network.load_balancer_zones, network.internet_gateway],
    "elbv2.ModifyListener": [network.listener],
    "rds.CreateDBSubnetGroup": [network.database_zones],
    "rds.ModifyDBSubnetGroup": [network.database_zones],
    "s3.PutBucketPolicy": [policies.bucket_principals],
}


# What a refusal is called, where the service has a name of its own for it.
_CODES: Mapping[str, str] = {
    "acm.RequestCertificate": "LimitExceededException",
    "ec2.DeleteSecurityGroup": "DependencyViolation",
    "s3.PutBucketPolicy": "MalformedPolicy",
}


@dataclass(frozen=True, kw_only=True)
class _Policy:
    """Where a call carries a policy document, of which kind, how long, and the code for a bad one."""

    member: str
    check: Callable[[str], list[str]]
    most_characters: int
    code: str


def _of_iam(member: str, check: Callable[[str], list[str]], most_characters: int) -> _Policy:
    return _Policy(
        member=member, check=check, most_characters=most_characters, code="MalformedPolicyDocument"
    )


def _of_resource(member: str, code: str, most_characters: int) -> _Policy:
    return _Policy(
        member=member,
        check=policies.resource_policy,
        most_characters=most_characters,
        code=code,
    )


_POLICIES: Mapping[str, _Policy] = {
    "ecr.SetRepositoryPolicy": _of_resource("policyText", "InvalidParameterException", 10240),
    "efs.PutFileSystemPolicy": _of_resource("Policy", "InvalidPolicyException", 20000),
    "iam.CreatePolicy": _of_iam("PolicyDocument", policies.identity_policy, 6144),
    "iam.CreatePolicyVersion": _of_iam("PolicyDocument", policies.identity_policy, 6144),
    "iam.CreateRole": _of_iam("AssumeRolePolicyDocument", policies.trust_policy, 2048),
    "iam.PutGroupPolicy": _of_iam("PolicyDocument", policies.identity_policy, 5120),
    "iam.PutRolePolicy": _of_iam("PolicyDocument", policies.identity_policy, 10240),
    "iam.PutUserPolicy": _of_iam("PolicyDocument", policies.identity_policy, 2048),
    "iam.UpdateAssumeRolePolicy": _of_iam("PolicyDocument", policies.trust_policy, 2048),
    "s3.PutBucketPolicy": _of_resource("Policy", "MalformedPolicy", 20480),
    "secretsmanager.PutResourcePolicy": _of_resource(
        "ResourcePolicy", "MalformedPolicyDocumentException", 20480
    ),
}


def rule_errors(call: Call, account: Account) -> tuple[list[str], str | None]:
    """Return all that the rules have against a call that its model allows, and the code of the first.

    None is the service's usual one.
    """
    name = f"{call.service}.{call.operation.name}"
    lines = []
    if call.operation.input_shape is not None:
        lines += tag_errors(
            call.operation.input_shape,
            call.params,
            service=call.service,
            kept=None if call.by_aws else account.system_tags(name, call.params),
        )
    for rule in _FORM.get(name, ()):
        lines += rule(call.params)
    for question in _STANDING.get(name, ()):
        lines += question(call.params, account)
    policy, text = _policy(call)
    if policy is None:
        return lines, _CODES.get(name)
    code = _CODES.get(name) if lines else policy.code
    return lines + policy.check(text) + policies.too_long(text, policy.most_characters), code


def doubts(call: Call) -> list[str]:
    """Return what AWS accepts of a call although it does nothing."""
    policy, text = _policy(call)
    return policies.unknown_actions(text) if policy is not None and call.service == "iam" else []


def _policy(call: Call) -> tuple[_Policy | None, str]:
    """Return the kind and the text of the policy document that a call carries."""
    policy = _POLICIES.get(f"{call.service}.{call.operation.name}")
    document = call.params.get(policy.member) if policy else None
    if document is None:
        return None, ""
    return policy, document.decode() if isinstance(document, bytes) else document
