"""What AWS takes as tags, whatever the call: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html.

The models limit lengths for some services, and the number of tags for few.
"""

from collections.abc import Iterator
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

MOST_TAGS = 50
LONGEST_KEY = 128
LONGEST_VALUE = 256
Pairs = list[tuple[str, str]]


def tag_mistakes(shape: Shape, value: Any) -> list[str]:
    """What is wrong with the tags anywhere in `value`."""
    return [line for path, pairs in tag_sets(shape, value) for line in _mistakes(path, pairs)]


def tag_sets(shape: Shape, value: Any, path: str = "") -> Iterator[tuple[str, Pairs]]:
    """Each set of tags in `value`, with where it is.

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


def _mistakes(path: str, pairs: Pairs) -> list[str]:
    found = []
    if len(pairs) > MOST_TAGS:
        found.append(f"{path}: allowed: at most {MOST_TAGS} tags, not {len(pairs)}")
    keys = [key for key, _ in pairs]
    found += [
        f"{path}: key {key!r} is given twice" for key in sorted(set(keys)) if keys.count(key) > 1
    ]
    for key, value in pairs:
        if not 1 <= len(key) <= LONGEST_KEY:
            found.append(
                f"{path}: key {key[:40]!r}: allowed: 1 to {LONGEST_KEY} characters, not {len(key)}"
            )
        if key.lower().startswith("aws:"):
            found.append(f"{path}: key {key!r}: the prefix aws: is AWS's own")
        if len(value) > LONGEST_VALUE:
            found.append(
                f"{path}[{key}]: allowed: at most {LONGEST_VALUE} characters, not {len(value)}"
            )
    return found
