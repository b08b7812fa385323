"""The longest chain of a deploy: what each resource took, and what it waited for."""

import functools
import re
from collections.abc import Mapping
from typing import Any

from imports.bind import references

_CREATED = re.compile(r"(aws_\S+): Creation complete after (?:(\d+)m)?(\d+)s")


def creation_seconds(log: str) -> dict[str, int]:
    """The seconds that each resource took, from what terraform printed (whole seconds)."""
    return {match[1]: int(match[2] or 0) * 60 + int(match[3]) for match in _CREATED.finditer(log)}


def dependencies(document: Mapping[str, Any]) -> dict[str, set[str]]:
    """What each resource of a stack's JSON refers to, through data sources and locals as well."""
    bodies = {
        f"{type_}.{name}": body
        for kind in ("resource", "data", "ephemeral")
        for type_, named in document.get(kind, {}).items()
        for name, body in named.items()
    }
    return {
        address: {
            found
            for found in references(body) | set(body.get("depends_on", ()))
            if found in bodies and found != address
        }
        for address, body in bodies.items()
    }


def critical_path(
    seconds: Mapping[str, int], waits_for: Mapping[str, set[str]]
) -> tuple[int, list[str]]:
    """The chain that takes longest, and how long: no deploy can be faster than it."""

    @functools.cache
    def longest(address: str) -> tuple[int, tuple[str, ...]]:
        before = max(
            (longest(each) for each in sorted(waits_for.get(address, ()))), default=(0, ())
        )
        return before[0] + seconds.get(address, 0), (*before[1], address)

    total, chain = max((longest(address) for address in waits_for), default=(0, ()))
    return total, [address for address in chain if seconds.get(address)]
