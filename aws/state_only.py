"""What the provider keeps in the state alone: a change of it is no request to AWS.

The names are those of provider 5.100.0.
"""

from collections.abc import Callable, Mapping
from typing import Any


def _switched_off(before: Any, after: Any) -> bool:
    """From nothing to off. The other way is a request (apply at once) or a danger (force)."""
    return before is None and after is False


def _snapshot_kept(_before: Any, after: Any) -> bool:
    """An import says that a destroy skips the final snapshot; it may only be made to take one."""
    return after is False


def _first_text(before: Any, after: Any) -> bool:
    return before is None and isinstance(after, str)


def _recovery_window(before: Any, after: Any) -> bool:
    """7 to 30 days; 0 would mean that a destroy deletes at once."""
    return before is None and isinstance(after, int) and after >= 7


# Per type, the attributes that AWS does not hold: the provider writes their change to the state alone, which
# a test proves by counting requests. Each with the changes that are allowed.
STATE_ONLY: Mapping[str, Mapping[str, Callable[[Any, Any], bool]]] = {
    "aws_db_instance": {
        "apply_immediately": _switched_off,
        "final_snapshot_identifier": _first_text,
        "skip_final_snapshot": _snapshot_kept,
    },
    "aws_ecr_repository": {"force_delete": _switched_off},
    "aws_s3_bucket": {"force_destroy": _switched_off},
    "aws_secretsmanager_secret": {
        "force_overwrite_replica_secret": _switched_off,
        "recovery_window_in_days": _recovery_window,
    },
}


def is_state_only(type_: str, attribute: str, before: Any, after: Any) -> bool:
    """Whether a change is one that reaches the state alone, and no API."""
    allowed = STATE_ONLY.get(type_, {}).get(attribute)
    return allowed is not None and allowed(before, after)
