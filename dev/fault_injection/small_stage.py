"""A stage without what takes the provider minutes to wait for, so that it can be deployed many times."""

from typing import Any

from terraform import references
from terraform.stack import Stack

# 80, 60 and 33 seconds of waiting on the emulator: two thirds and more of a whole deploy.
SLOW = frozenset({"aws_db_instance.main", "aws_lb.main", "aws_acm_certificate.main"})


def without(document: dict[str, Any], addresses: frozenset[str]) -> dict[str, Any]:
    """A synthesized stack without these resources and without all that refers to them, however far."""
    resources = Stack(document=document).resources
    gone = set(addresses)
    while more := {
        address
        for address, each in resources.items()
        if address not in gone and each.references & gone
    }:
        gone |= more
    kept = {
        type_: {name: body for name, body in bodies.items() if f"{type_}.{name}" not in gone}
        for type_, bodies in document["resource"].items()
    }
    return {
        **document,
        "resource": {type_: bodies for type_, bodies in kept.items() if bodies},
        "output": {
            name: body
            for name, body in document.get("output", {}).items()
            if gone.isdisjoint(references.addresses(body))
        },
    }
