"""Which rule holds for which call, beside AWS's models: two tables.

The functions are in `names`, `containers`, `network`, `policies` and `tags`, each with the page it follows.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local.strict import containers, names, network, policies
from local.strict.account import Account
from local.strict.tags import tag_mistakes
from local.strict.wire import Call

Params = dict[str, Any]
FormRule = Callable[[Params], list[str]]
StandingRule = Callable[[Params, Account], list[str]]


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """What a rule has against a call, and the service's code for it; None is the usual one."""

    text: str
    code: str | None = None


# What shows in the request itself.
_FORM: Mapping[str, Iterable[FormRule]] = {
    "ec2.AuthorizeSecurityGroupEgress": [network.ports],
    "ec2.AuthorizeSecurityGroupIngress": [network.ports],
    "ec2.CreateSecurityGroup": [names.security_group],
    "ecs.CreateCluster": [names.cluster],
    "ecs.CreateService": [names.cluster],
    "ecs.RegisterTaskDefinition": [names.cluster, containers.task_definition],
    "elbv2.CreateLoadBalancer": [names.load_balancer],
    "elbv2.CreateRule": [network.listener_rule],
    "elbv2.CreateTargetGroup": [names.target_group, network.target_group],
    "elbv2.ModifyRule": [network.listener_rule],
    "elbv2.ModifyTargetGroup": [network.target_group],
    "logs.PutRetentionPolicy": [names.retention],
    "rds.CreateDBCluster": [names.database],
    "rds.CreateDBClusterParameterGroup": [names.database],
    "rds.CreateDBInstance": [names.database],
    "rds.CreateDBParameterGroup": [names.database],
    "rds.DeleteDBCluster": [names.database],
    "rds.DeleteDBInstance": [names.database],
    "s3.CreateBucket": [names.bucket],
    "secretsmanager.CreateSecret": [names.secret],
    "sns.CreateTopic": [names.topic],
    "sns.Subscribe": [names.subscription],
}
# What shows only beside what stands already.
_STANDING: Mapping[str, Iterable[StandingRule]] = {
    "ec2.AuthorizeSecurityGroupEgress": [network.sources],
    "ec2.AuthorizeSecurityGroupIngress": [network.sources],
    "ecs.CreateService": [containers.runnable],
    "ecs.RunTask": [containers.runnable],
    "ecs.UpdateService": [containers.runnable],
    "elbv2.CreateListener": [network.listener],
    "elbv2.CreateLoadBalancer": [network.load_balancer_zones],
    "elbv2.ModifyListener": [network.listener],
    "rds.CreateDBSubnetGroup": [network.database_zones],
    "rds.ModifyDBSubnetGroup": [network.database_zones],
}


@dataclass(frozen=True, kw_only=True)
class _Policy:
    """Where a call carries a policy document, of which kind, and what the service calls a bad one."""

    member: str
    check: Callable[[str], list[str]]
    code: str


_IAM = "MalformedPolicyDocument"
_POLICIES: Mapping[str, _Policy] = {
    "ecr.SetRepositoryPolicy": _Policy(
        member="policyText", check=policies.resource_policy, code="InvalidParameterException"
    ),
    "efs.PutFileSystemPolicy": _Policy(
        member="Policy", check=policies.resource_policy, code="InvalidPolicyException"
    ),
    "iam.CreatePolicy": _Policy(member="PolicyDocument", check=policies.identity_policy, code=_IAM),
    "iam.CreatePolicyVersion": _Policy(
        member="PolicyDocument", check=policies.identity_policy, code=_IAM
    ),
    "iam.CreateRole": _Policy(
        member="AssumeRolePolicyDocument", check=policies.trust_policy, code=_IAM
    ),
    "iam.PutGroupPolicy": _Policy(
        member="PolicyDocument", check=policies.identity_policy, code=_IAM
    ),
    "iam.PutRolePolicy": _Policy(
        member="PolicyDocument", check=policies.identity_policy, code=_IAM
    ),
    "iam.PutUserPolicy": _Policy(
        member="PolicyDocument", check=policies.identity_policy, code=_IAM
    ),
    "iam.UpdateAssumeRolePolicy": _Policy(
        member="PolicyDocument", check=policies.trust_policy, code=_IAM
    ),
    "s3.PutBucketPolicy": _Policy(
        member="Policy", check=policies.resource_policy, code="MalformedPolicy"
    ),
    "secretsmanager.PutResourcePolicy": _Policy(
        member="ResourcePolicy",
        check=policies.resource_policy,
        code="MalformedPolicyDocumentException",
    ),
}


def complaints(call: Call, account: Account) -> list[Complaint]:
    """Everything that the rules have against a call that its model allows."""
    name = f"{call.service}.{call.operation.name}"
    lines = []
    if call.operation.input_shape is not None:
        lines += tag_mistakes(call.operation.input_shape, call.params)
    for rule in _FORM.get(name, ()):
        lines += rule(call.params)
    for question in _STANDING.get(name, ()):
        lines += question(call.params, account)
    policy = _POLICIES.get(name)
    found = [Complaint(text=line) for line in lines]
    if policy is not None and policy.member in call.params:
        document = call.params[policy.member]
        text = document.decode() if isinstance(document, bytes) else document
        found += [Complaint(text=line, code=policy.code) for line in policy.check(text)]
    return found
