"""What IAM takes as a statement of a role's own policy, and which of them know no bounds.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from modules.settings.rules.refusal import Refusal

_KEYS = frozenset({"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"})
_ACTION = re.compile(r"\*|[a-z0-9-]+:[A-Za-z0-9*?]+")
_ANY = "*"
# What tells of objects, and nothing of what is in them. Such actions often know no resource.
_HARMLESS = re.compile(r"[a-z0-9-]+:(Describe|List)[A-Za-z]+")


def policy_error(statements: Iterable[object], *, unbounded: bool) -> Refusal | None:
    """Refuse what a role's policy cannot hold and, unless it is `unbounded`, what makes an admin."""
    for statement in statements:
        wrong = _statement_error(statement)
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
        if key in statement and statement[key] in ([], ""):
            return f"its {key} names nothing"
    for key in ("Action", "NotAction"):
        for action in _texts(statement.get(key, [])):
            if not _ACTION.fullmatch(action):
                return f'{key} {action!r} is no action, as in "sqs:SendMessage"'
    if not re.fullmatch(r"[A-Za-z0-9]*", str(statement.get("Sid", ""))):
        return "a Sid is of letters and digits alone"
    if not isinstance(statement.get("Condition", {}), Mapping):
        return "a Condition is a table"
    return None


def _admits_all(statement: Mapping[str, Any]) -> bool:
    """Return whether a statement allows every action there is, or more than a look at every resource."""
    if statement.get("Effect") != "Allow":
        return False
    if "NotAction" in statement or "NotResource" in statement:
        return True
    actions = _texts(statement["Action"])
    everywhere = _ANY in _texts(statement["Resource"]) and not statement.get("Condition")
    return _ANY in actions or (everywhere and not all(map(_HARMLESS.fullmatch, actions)))


def _texts(value: object) -> list[str]:
    """Return the texts of a value that is one or a list of them."""
    return [str(each) for each in value] if isinstance(value, list | tuple) else [str(value)]
