"""What IAM takes as a statement of a policy, and which of a role's own know no bounds.

A stage file's policies and the embedded AWS follow the same rules. What Terraform fills in later passes.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from modules.settings.rules.refusal import Refusal

_KEYS = frozenset({"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"})
_ANY = "*"
# Capitals do not count in an action.
ACTION = re.compile(r"(?P<service>[a-z0-9-]+):(?P<name>[a-z0-9*?]+)", re.IGNORECASE)
# A reference of Terraform's or a token of the CDK's. IAM's own variables have a colon: `${aws:username}`.
_FILLED_IN = r"[$#]\{(?![a-z0-9-]+:)"
# What is shorter than a whole ARN IAM completes with wildcards.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
_RESOURCE = re.compile(rf"\*|arn:(?:\*|aws[a-z-]*):.+|{_FILLED_IN}.*", re.DOTALL)
# Names no region, no account and no object.
_EVERYWHERE = re.compile(r"\*|arn:(?:\*|aws[a-z-]*):(?:[*?:]+|[^:]+(?::[*?:/]*)?)")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
_OPERATOR = re.compile(
    r"(?:ForAllValues:|ForAnyValue:)?(?:"
    r"String(?:Not)?Equals(?:IgnoreCase)?|String(?:Not)?Like"
    r"|(?:Numeric|Date)(?:(?:Not)?Equals|(?:Less|Greater)Than(?:Equals)?)"
    r"|Bool|BinaryEquals|(?:Not)?IpAddress|Arn(?:Not)?(?:Equals|Like)"
    r")(?:IfExists)?|Null"
)
# What tells of objects, and nothing of what is in them. Such actions often know no resource.
_HARMLESS = re.compile(r"[a-z0-9-]+:(Describe|List)[a-z]+", re.IGNORECASE)


def policy_error(statements: Iterable[object], *, unbounded: bool) -> Refusal | None:
    """Refuse what a role's policy cannot hold and, unless it is `unbounded`, what makes an admin."""
    sids: set[object] = set()
    for statement in statements:
        wrong = _statement_error(statement)
        sid = statement.get("Sid") if isinstance(statement, Mapping) and not wrong else None
        if sid and sid in sids:
            wrong = f"the Sid {sid} is of one statement alone"
        sids.add(sid)
        if wrong or not isinstance(statement, Mapping):
            return Refusal(allowed=f"a policy of an IAM role: {wrong}", remedy="mend the policy")
        if not unbounded and _admits_all(statement):
            return Refusal(
                allowed="a policy that names its actions and resources: this one allows every action, or to "
                "change any resource",
                remedy="name what the service needs, or name the policy in unbounded_policies too",
            )
    return None


def _statement_error(statement: object) -> str | None:
    """Return what is wrong with a statement, in words; None where nothing is."""
    if not isinstance(statement, Mapping):
        return "each of its statements is a table"
    unknown = sorted(map(str, {*statement} - _KEYS))
    if unknown:
        return f"a statement has no {unknown[0]}: it has {', '.join(sorted(_KEYS))}"
    if statement.get("Effect") not in {"Allow", "Deny"}:
        return 'the Effect of a statement is "Allow" or "Deny"'
    for one, other in (("Action", "NotAction"), ("Resource", "NotResource")):
        if (one in statement) == (other in statement):
            return f"a statement has one of {one} and {other}"
    return _value_error(statement)


def _value_error(statement: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the values of a statement that has the right keys."""
    for key in ("Action", "NotAction", "Resource", "NotResource"):
        if key in statement and not statement[key]:
            return f"its {key} names nothing"
    for key in ("Action", "NotAction"):
        for action in _texts(statement.get(key, [])):
            if action != _ANY and not ACTION.fullmatch(action):
                return f'{key} {action!r} is no action, as in "sqs:SendMessage"'
    for key in ("Resource", "NotResource"):
        wrong = resource_error(key, statement.get(key, _ANY))
        if wrong:
            return wrong
    if not re.fullmatch(r"[A-Za-z0-9]*", str(statement.get("Sid", ""))):
        return "a Sid is of letters and digits alone"
    return condition_error(statement.get("Condition", {}))


def resource_error(key: str, value: object) -> str | None:
    """Return what is wrong with the resources of a statement, in words."""
    for each in value if isinstance(value, list | tuple) else [value]:
        if _is_no_text(each) or (isinstance(each, str) and not _RESOURCE.fullmatch(each)):
            return f'{key} {each!r} is no ARN, as in "arn:aws:s3:::my-bucket/*", and not "*"'
    return None


def condition_error(condition: object) -> str | None:
    """Return what is wrong with the condition of a statement, in words."""
    if not isinstance(condition, Mapping):
        return "a Condition is a table"
    for operator, keys in condition.items():
        if not _OPERATOR.fullmatch(str(operator)):
            return f'{operator!r} in its Condition is no operator, as in "StringEquals"'
        if not isinstance(keys, Mapping):
            return f"{operator} in its Condition is a table, of keys and their values"
        for key, value in keys.items():
            values = value if isinstance(value, list | tuple) else [value]
            if any(each is None or isinstance(each, Mapping | list) for each in values):
                return f"{key} in its Condition is a value or a list of values"
    return None


def _is_no_text(value: object) -> bool:
    """Return whether JSON has a value of another kind; an extension's tokens may be objects."""
    return value is None or isinstance(value, bool | int | float | Mapping | list)


def _admits_all(statement: Mapping[str, Any]) -> bool:
    """Return whether a statement allows every action there is, or more than a look at every resource."""
    if statement.get("Effect") != "Allow":
        return False
    if "NotAction" in statement or "NotResource" in statement:
        return True
    actions = _texts(statement["Action"])
    resources = _texts(statement["Resource"])
    everywhere = any(map(_EVERYWHERE.fullmatch, resources)) and not statement.get("Condition")
    return _ANY in actions or (everywhere and not all(map(_HARMLESS.fullmatch, actions)))


def _texts(value: object) -> list[str]:
    """Return the texts of a value that is one or a list of them."""
    return [str(each) for each in value] if isinstance(value, list | tuple) else [str(value)]
