"""Terraform's blocks that cdktf 0.21 has no construct for."""

from collections.abc import Mapping

from cdktf import TerraformStack
from constructs import Construct


def ephemeral(scope: Construct, type_: str, name: str, arguments: Mapping[str, object]) -> str:
    """Add `ephemeral "type_" "name"` to the stack and return what an expression calls it.

    Its values exist while Terraform runs and are written nowhere. The block is laid over the stack's JSON.
    https://developer.hashicorp.com/terraform/language/resources/ephemeral
    """
    TerraformStack.of(scope).add_override(f"ephemeral.{type_}.{name}", dict(arguments))
    return f"ephemeral.{type_}.{name}"


def leave_to_others(scope: Construct, address: str) -> None:
    """Let the state forget the object at `address`, which a version before made, and destroy nothing.

    https://developer.hashicorp.com/terraform/language/block/removed
    """
    stack = TerraformStack.of(scope)
    stack.add_override("removed", [{"from": address, "lifecycle": {"destroy": False}}])
