"""Terraform addresses that do not depend on where a construct is in the tree."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from cdktf import TerraformElement, TerraformResource

from modules.base.naming import resource_name

Arguments = ParamSpec("Arguments")
Element = TypeVar("Element", bound=TerraformElement)


def address(name: str, make: Callable[Arguments, Element]) -> Callable[Arguments, Element]:
    """Return `make`, a class of cdktf's, whose elements have the Terraform name `name` (`aws_vpc.main`).

    cdktf derives a name from the construct's path and a hash of it, so that moving a construct would
    destroy what it stands for. Ours are part of the contract with the state and are listed in
    `tests/snapshots`. A name has to be given before any attribute of the element is read.
    """

    def made(*arguments: Arguments.args, **named: Arguments.kwargs) -> Element:
        element = make(*arguments, **named)
        element.override_logical_id(resource_name(name))
        return element

    return made


def address_of(type_: type[TerraformResource], name: str) -> str:
    """Return the address (`aws_vpc.main`) that a resource of this class has under this name."""
    # Each class of the provider has it; the class above them all does not.
    resource_type: str = type_.TF_RESOURCE_TYPE  # type: ignore[attr-defined]
    return f"{resource_type}.{resource_name(name)}"
