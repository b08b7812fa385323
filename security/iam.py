"""What the policies of a synthesized stage allow, against AWS's list of actions and rules of our own.

| check | fails |
| --- | --- |
| IAM_UNREADABLE | a document that is not written out, so that nothing can be said of it |
| IAM_MANAGED_POLICY | a policy that AWS writes and changes |
| IAM_UNKNOWN_ACTION | an action that AWS does not have |
| IAM_ACTION_WILDCARD | `*` in an action, or NotAction |
| IAM_RESOURCE_WILDCARD | any resource, for an action that could name one |
| IAM_RESOURCE_NONE | any resource, for an action that takes none; still needs a reviewed exception |
| IAM_RESOURCE_MISMATCH | an action on a resource of a kind that it does not take: it allows nothing |
| IAM_UNKNOWN_CONDITION | a condition key that none of the actions has |
| IAM_TRUST | a role that another may take on than what uses it, of this account: ECS tasks, or a schedule |
| IAM_PUBLIC | a resource policy that allows anybody, or a service without a condition |
| IAM_ESCALATION | passing or assuming a role, changing roles or policies |
| IAM_WRITES_SECRETS | writing a secret, which is the deployer's and the operator's |
| IAM_FOREIGN_SECRET | reading a secret that the service's row does not name |
| IAM_SECRET_UNREADABLE | a secret of the service's row that ECS may not read for it |
"""

import re
from collections.abc import Iterator, Mapping, Set
from fnmatch import fnmatchcase

from aws.resources import RESOURCES
from security.aws_actions import arn_formats, assumes, condition_keys, details_of, writes
from security.exceptions import Failure
from security.policy_documents import Policy, Statement, as_list, policy_documents
from terraform.references import name_in, pieces
from terraform.references import parse as parse_reference
from terraform.stack import Stack

# A role that nothing uses yet is a service's.
_OF_TASKS = RESOURCES["aws_ecs_task_definition"].role_is_for
# All that is within a named object, and an object that is named in full.
_WITHIN = re.compile(r"[:/][\w:/-]*\*")
_IN_FULL = re.compile(r"arn:[^*?]+")


def iam_failures(stack: Stack, *, stage: str) -> list[Failure]:
    """Return what is wrong with the policies of a stack (`cdk.tf.json`), but for who reads which secret."""

    def failure(check: str, resource: str, what: str) -> Failure:
        return Failure(check=check, resource=resource, stage=stage, what=what)

    return sorted(
        {
            *(
                failure(check, policy.address, what)
                for policy in policy_documents(stack)
                for check, what in _document_problems(policy, trusted=_trusted(stack, policy))
            ),
            *(
                failure("IAM_MANAGED_POLICY", address, arn)
                for address, resource in stack.resources.items()
                if resource.type.startswith("aws_iam_")
                for arn in (
                    *as_list(resource.attributes.get("policy_arn")),
                    *as_list(resource.attributes.get("managed_policy_arns")),
                )
                if arn.startswith("arn:")
            ),
        }
    )


def secret_failures(stack: Stack, *, stage: str, reads: Mapping[str, Set[str]]) -> list[Failure]:
    """Check whose roles read which secrets. `reads` is what each service names, as Terraform does."""
    execution, tasks = _roles(stack, "execution_role_arn"), _roles(stack, "task_role_arn")
    found: set[Failure] = set()
    granted: dict[str, set[str]] = {service: set() for service in execution.values()}
    for policy in policy_documents(stack):
        if policy.kind != "identity":
            continue
        role = name_in(policy.resource.get("role"))
        service = execution.get(role)
        for resource in _readable_secrets(policy):
            secret = name_in(resource)
            if service is not None and secret in reads.get(service, ()):
                granted[service].add(secret)
            else:
                whose = f"{service or tasks.get(role) or role or 'a role'} may read {resource}"
                found.add(
                    Failure(
                        check="IAM_FOREIGN_SECRET", resource=policy.address, stage=stage, what=whose
                    )
                )
    found |= {
        Failure(
            check="IAM_SECRET_UNREADABLE",
            resource=f"aws_ecs_task_definition.{service}",
            stage=stage,
            what=secret,
        )
        for service, secrets in granted.items()
        for secret in reads.get(service, set()) - secrets
    }
    return sorted(found)


def _trusted(stack: Stack, policy: Policy) -> frozenset[str]:
    """Return the AWS services that use a role."""
    users = {
        row.role_is_for
        for row in RESOURCES.values()
        if row.role_is_for and any(policy.address in each.references for each in stack.of(row.type))
    }
    return frozenset(users or {_OF_TASKS})


def _document_problems(policy: Policy, *, trusted: Set[str]) -> Iterator[tuple[str, str]]:
    if policy.statements is None:
        yield "IAM_UNREADABLE", "no JSON"
    for statement in policy.allows:
        if "NotAction" in statement or "NotResource" in statement or "NotPrincipal" in statement:
            yield "IAM_ACTION_WILDCARD", "everything but what is named"
        for action in as_list(statement.get("Action")):
            if "*" in action or "?" in action:
                yield "IAM_ACTION_WILDCARD", action
            elif not details_of(action):
                yield "IAM_UNKNOWN_ACTION", action
        yield from _changes(statement)
        if policy.kind == "identity":
            yield from _resource_problems(statement)
        elif policy.kind == "trust":
            yield from _trust_problems(statement, trusted)
        else:
            yield from _principal_problems(statement)
        yield from _condition_problems(statement)


def _changes(statement: Statement) -> Iterator[tuple[str, str]]:
    for action in as_list(statement.get("Action")):
        if _covers(action, writes("secretsmanager")):
            yield "IAM_WRITES_SECRETS", action
        is_trust = "Resource" not in statement
        if _covers(action, writes("iam")) or (not is_trust and _covers(action, assumes())):
            yield "IAM_ESCALATION", action


def _resource_problems(statement: Statement) -> Iterator[tuple[str, str]]:
    named = as_list(statement.get("Resource"))
    known = [action for action in as_list(statement.get("Action")) if details_of(action)]
    for action in known:
        if any(not _is_named(resource) for resource in named):
            takes_none = not arn_formats(action)
            yield ("IAM_RESOURCE_NONE" if takes_none else "IAM_RESOURCE_WILDCARD"), action
        elif not any(_takes(action, resource) for resource in named):
            yield "IAM_RESOURCE_MISMATCH", f"{action} on {', '.join(named)}"
    for resource in named:
        if known and _is_named(resource) and not any(_takes(a, resource) for a in known):
            yield "IAM_RESOURCE_MISMATCH", f"{resource} for {', '.join(known)}"


def _trust_problems(statement: Statement, trusted: Set[str]) -> Iterator[tuple[str, str]]:
    principal = statement.get("Principal")
    services = as_list(principal.get("Service")) if isinstance(principal, dict) else []
    only_services = isinstance(principal, dict) and principal.keys() == {"Service"}
    account = statement.get("Condition", {}).get("StringEquals", {}).get("aws:SourceAccount")
    if not only_services or not set(services) <= trusted or not account:
        yield "IAM_TRUST", str(principal)
    if as_list(statement.get("Action")) != ["sts:AssumeRole"]:
        yield "IAM_TRUST", str(statement.get("Action"))


def _principal_problems(statement: Statement) -> Iterator[tuple[str, str]]:
    principal = statement.get("Principal")
    accounts = as_list(principal.get("AWS")) if isinstance(principal, dict) else as_list(principal)
    of_services = isinstance(principal, dict) and "Service" in principal
    # Log delivery writes below the account's own number, which stands for a condition.
    bounded = statement.get("Condition") or all(
        "/AWSLogs/${data.aws_caller_identity." in each
        for each in as_list(statement.get("Resource", "*"))
    )
    if principal is None or "*" in accounts or (of_services and not bounded):
        yield "IAM_PUBLIC", str(principal)


def _condition_problems(statement: Statement) -> Iterator[tuple[str, str]]:
    used = {key for keys in statement.get("Condition", {}).values() for key in keys}
    listed = [key for action in as_list(statement.get("Action")) for key in condition_keys(action)]
    # A key with a part of one's own is listed as `kms:EncryptionContext:${EncryptionContextKey}`.
    known = tuple({key.partition("${")[0].lower() for key in listed})
    for key in sorted(used):
        # Keys of all services begin with `aws:`.
        whole = key.lower() in known
        begun = key.lower().startswith(tuple(each for each in known if each[-1:] in {":", "/"}))
        if not key.startswith("aws:") and not whole and not begun:
            yield "IAM_UNKNOWN_CONDITION", key


def _takes(action: str, resource: str) -> bool:
    """Return whether an action knows resources of this kind."""
    arn = "".join(
        _arn(_type_of_arn(part)) or f"${{{part}}}" if is_expression else part
        for is_expression, part in pieces(resource)
    )
    return any(each.fullmatch(arn) for each in arn_formats(action))


def _arn(type_: str | None) -> str:
    """Return an ARN such as the type's objects have; nothing for a type without one here."""
    row = RESOURCES.get(type_ or "")
    return row.arn if row else ""


def _is_named(resource: str) -> bool:
    """Return whether it is one object, or all that is within one."""
    parts = [
        part
        for is_expression, part in pieces(resource)
        if not (is_expression and _type_of_arn(part))
    ]
    whole = list(pieces(resource))
    if not whole or not (whole[0][0] and _type_of_arn(whole[0][1])):
        return bool(_IN_FULL.fullmatch(resource))
    return not parts or (len(whole) == 2 and bool(_WITHIN.fullmatch(parts[0])))


def _type_of_arn(expression: str) -> str | None:
    """Return the type of the resource whose ARN an expression is."""
    meant = parse_reference(expression)
    named = meant and meant.attributes in {("arn",), ("arn_without_revision",)}
    return meant.type if meant and named else None


def _covers(pattern: str, actions: Set[str]) -> bool:
    return any(fnmatchcase(action, pattern.lower()) for action in actions)


def _readable_secrets(policy: Policy) -> Iterator[str]:
    reading = frozenset({"secretsmanager:getsecretvalue", "secretsmanager:batchgetsecretvalue"})
    for statement in policy.allows:
        if any(_covers(action, reading) for action in as_list(statement.get("Action"))):
            yield from as_list(statement.get("Resource"))


def _roles(stack: Stack, argument: str) -> dict[str, str]:
    """Role -> the service whose task definition takes it for this; the tasks of its jobs do so too."""
    found: dict[str, str] = {}
    for definition in sorted(stack.of("aws_ecs_task_definition"), key=lambda each: each.name):
        found.setdefault(name_in(definition.attributes.get(argument)), definition.name)
    return found
