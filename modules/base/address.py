"""Terraform addresses that do not depend on where a construct is in the tree."""

from typing import TypeVar

from cdktf import TerraformElement, TerraformResource

from modules.base.naming import resource_name

Element = TypeVar("Element", bound=TerraformElement)


def address(name: str, element: Element) -> Element:
    """Give `element` the Terraform name `name` (`aws_vpc.main`) and hand it back.

    cdktf derives a name from the construct's path and a hash of it, so that moving a construct would
    destroy what it stands for. Ours are part of the contract with the state and are listed in
    `tests/snapshots`. It has to be called before any attribute of the element is read.
    """
    element.override_logical_id(resource_name(name))
    return element


def address_of(type_: type[TerraformResource], name: str) -> str:
    """Return the address (`aws_vpc.main`) that a resource of this class has under this name."""
    # Each class of the provider has it; the class above them all does not.
    resource_type: str = type_.TF_RESOURCE_TYPE  # type: ignore[attr-defined]
    return f"{resource_type}.{resource_name(name)}"
