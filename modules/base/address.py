"""Terraform addresses that do not depend on where a construct is in the tree."""

from collections.abc import Callable, MutableMapping
from typing import Concatenate, ParamSpec, TypeVar
from weakref import ReferenceType, WeakKeyDictionary, ref

from cdktf import TerraformElement, TerraformResource, TerraformStack
from constructs import Construct

from common.errors import UserError
from modules.base.naming import resource_name

Arguments = ParamSpec("Arguments")
Element = TypeVar("Element", bound=TerraformElement)

# What a stack has by class and name, while it is there: an element would keep it there for ever.
ByAddress = dict[tuple[type[TerraformElement], str], ReferenceType[TerraformElement]]
_MADE: MutableMapping[Construct, ByAddress] = WeakKeyDictionary()


def address(
    name: str, make: Callable[Concatenate[Construct, Arguments], Element]
) -> Callable[Concatenate[Construct, Arguments], Element]:
    """Return `make`, a class of cdktf's, whose elements have the Terraform name `name` (`aws_vpc.main`).

    cdktf derives a name from the construct's path and a hash of it, so that moving a construct would
    destroy what it stands for. Ours are part of the contract with the state and are listed in
    `tests/snapshots`. A name has to be given before any attribute of the element is read.
    Where the stack has one at this address, `made` raises UserError: cdktf would merge the two silently.
    """

    def made(scope: Construct, /, *arguments: Arguments.args, **named: Arguments.kwargs) -> Element:
        element = make(scope, *arguments, **named)
        element.override_logical_id(resource_name(name))
        there = _made_in(scope)
        mine: ReferenceType[TerraformElement] = ref(element)
        first = there.setdefault((type(element), resource_name(name)), mine)
        if first is not mine:
            other = first()
            places = [each.node.path for each in (other, element) if each is not None]
            raise UserError(
                f"{type(element).__name__} {resource_name(name)} is there twice, as {' and '.join(places)}: "
                "give one of the two another name in the stage file"
            )
        return element

    return made


def _made_in(scope: Construct) -> ByAddress:
    """Return what the stack of a construct has. Its stack is asked for once: the answer is Node's."""
    if scope not in _MADE:
        _MADE[scope] = _MADE.setdefault(TerraformStack.of(scope), {})
    return _MADE[scope]


def address_of(type_: type[TerraformResource], name: str) -> str:
    """Return the address (`aws_vpc.main`) that a resource of this class has under this name."""
    # Each class of the provider has it; the class above them all does not.
    resource_type: str = type_.TF_RESOURCE_TYPE  # type: ignore[attr-defined]
    return f"{resource_type}.{resource_name(name)}"
