"""Reads the statements of a policy of AWS's, whose grammar takes one object for a list of one.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from typing import Any


def statements_of(policy: object) -> list[Any] | None:
    """Return the statements of a parsed policy; None for what has none, and so is no policy."""
    found = policy.get("Statement") if isinstance(policy, dict) else None
    if isinstance(found, dict):
        return [found]
    return list(found) if isinstance(found, list) else None
