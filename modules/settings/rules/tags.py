"""What AWS takes as tags, whatever the service.

https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html#tag-conventions. EC2 alone takes any
character; a stage's tags are on resources of every service, so the strictest rule counts.
"""

import unicodedata
from collections.abc import Iterable

from modules.settings.rules.refusal import Refusal

MOST_TAGS = 50
LONGEST_KEY = 128
LONGEST_VALUE = 256
# The categories of letters, white space and numbers, and the punctuation, of AWS's patterns.
_CATEGORIES = frozenset("LZN")
_PUNCTUATION = frozenset("_.:/=+-@")
_CHARACTERS = "letters, digits, spaces and _ . : / = + - @"


def tag_key(key: str) -> Refusal | None:
    """Refuse what is no key of a tag."""
    return tag_key_length(key) or _kept_by_rds(key, "key") or _characters(key, "key")


def tag_value(value: str) -> Refusal | None:
    """Refuse what is no value of a tag."""
    return tag_value_length(value) or _kept_by_rds(value, "value") or _characters(value, "value")


def _kept_by_rds(text: str, what: str) -> Refusal | None:
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_Tag.html."""
    for kept in ("aws:", "rds:"):
        if text.lower().startswith(kept):
            return Refusal(
                allowed=f'a {what} that does not begin with "{kept}", which RDS keeps for itself',
                remedy="write it otherwise",
            )
    return None


def tag_key_length(key: str) -> Refusal | None:
    """Refuse what no service takes for a key, whatever its characters."""
    if not 1 <= len(key) <= LONGEST_KEY:
        return Refusal(
            allowed=f"a key of 1 to {LONGEST_KEY} characters, not {len(key)}",
            remedy="shorten the key" if key else "name the tag",
        )
    if key.lower().startswith("aws:"):
        return Refusal(
            allowed='a key that does not begin with "aws:", which AWS keeps for its own tags',
            remedy="name the tag otherwise",
        )
    return None


def tag_value_length(value: str) -> Refusal | None:
    """Refuse what no service takes for a value, whatever its characters."""
    if len(value) <= LONGEST_VALUE:
        return None
    return Refusal(
        allowed=f"a value of at most {LONGEST_VALUE} characters, not {len(value)}",
        remedy="shorten the value",
    )


def tag_count(count: int, *, most: int = MOST_TAGS) -> Refusal | None:
    """Refuse more tags than a resource takes."""
    if count <= most:
        return None
    return Refusal(allowed=f"at most {most} tags, not {count}", remedy=f"leave out {count - most}")


def alike(keys: Iterable[str]) -> list[str]:
    """Return the keys that differ from an earlier one in capitals alone: IAM takes both for one.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules_creating
    """
    seen: set[str] = set()
    found = []
    for key in keys:
        if key.lower() in seen:
            found.append(key)
        seen.add(key.lower())
    return found


def _characters(text: str, what: str) -> Refusal | None:
    others = sorted(
        {
            char
            for char in text
            if unicodedata.category(char)[0] not in _CATEGORIES and char not in _PUNCTUATION
        }
    )
    if not others:
        return None
    shown = " ".join(char if char.isprintable() else f"U+{ord(char):04X}" for char in others)
    return Refusal(
        allowed=f"a {what} of {_CHARACTERS}",
        remedy=f"write it without {shown}",
    )
