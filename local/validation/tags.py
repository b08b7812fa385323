"""Where a call has tags, and what of them AWS does not take, by the rules of the settings.

The models limit lengths and characters for some services, and the number of tags for few.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from modules.settings.rules import tags as rules

Pairs = list[tuple[str, str]]
AWS_PREFIX = "aws:"
_NONE: Mapping[str, str] = {}


# Services that take any character in a tag:
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
_ANY_CHARACTER = frozenset({"ec2"})


def tag_errors(
    shape: Shape, value: Any, *, service: str, kept: Mapping[str, str] | None = _NONE
) -> list[str]:
    """Return what is wrong with the tags anywhere in `value`.

    `kept` are AWS's own tags of the object, which a caller who replaces the whole set has to give back
    unchanged; None for a call that AWS makes itself, which may give any.
    """
    lines = []
    for path, pairs in tag_sets(shape, value):
        own = {key: text for key, text in pairs if key.startswith(AWS_PREFIX)}
        if kept and own != kept:
            lines.append(f"{path}: System tags cannot be removed or changed: {', '.join(kept)}")
        may = kept is None or own == kept
        checked = [pair for pair in pairs if not may or pair[0] not in own]
        lines += _errors(path, checked, service=service)
    return lines


def tag_sets(shape: Shape, value: Any, path: str = "") -> Iterator[tuple[str, Pairs]]:
    """Yield each set of tags in `value`, with where it is.

    A set of tags is a list of structures that are called tags and have a key and a value, or a map that is
    called tags.
    """
    if isinstance(shape, StructureShape):
        for name, entry in value.items():
            if name in shape.members:
                inner = f"{path}.{name}" if path else name
                yield from tag_sets(shape.members[name], entry, inner)
    elif isinstance(shape, ListShape):
        pairs = _pairs_of_list(shape, value)
        if pairs is not None:
            yield path, pairs
            return
        for number, entry in enumerate(value):
            yield from tag_sets(shape.member, entry, f"{path}[{number}]")
    elif isinstance(shape, MapShape) and path.rpartition(".")[2].lower() == "tags":
        yield path, list(value.items())


def _pairs_of_list(shape: ListShape, value: Any) -> Pairs | None:
    member = shape.member
    if not isinstance(member, StructureShape) or "tag" not in member.name.lower():
        return None
    names = {name.lower(): name for name in member.members}
    if not {"key", "value"} <= names.keys():
        return None
    return [(tag.get(names["key"], ""), tag.get(names["value"], "")) for tag in value]


def _errors(path: str, pairs: Pairs, *, service: str) -> list[str]:
    keys = [key for key, _ in pairs]
    too_many = rules.tag_count(len(pairs))
    found = [f"{path}: allowed: {too_many.allowed}"] if too_many else []
    found += [
        f"{path}: key {key!r} is given twice" for key in sorted(set(keys)) if keys.count(key) > 1
    ]
    if service == "iam":
        found += [
            f"{path}: key {key!r} is given twice, but for capitals"
            for key in rules.alike(dict.fromkeys(keys))
        ]
    for key, value in pairs:
        if service in _ANY_CHARACTER:
            key_refusal, value_refusal = rules.tag_key_length(key), rules.tag_value_length(value)
        else:
            key_refusal, value_refusal = rules.tag_key(key), rules.tag_value(value)
        if key_refusal:
            found.append(f"{path}: key {key[:40]!r}: allowed: {key_refusal.allowed}")
        if value_refusal:
            found.append(f"{path}[{key}]: allowed: {value_refusal.allowed}")
    return found
