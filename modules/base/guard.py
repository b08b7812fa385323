"""Keeps what holds data from being destroyed by a plan."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, TypeVar

from cdktf import TerraformResource, TerraformResourceLifecycle
from constructs import Construct

from modules.base.address import Arguments, address, address_of

Resource = TypeVar("Resource", bound=TerraformResource)


@dataclass(frozen=True, kw_only=True)
class Guard:
    """Which of a stage's stateful resources refuse to be destroyed.

    All of them where `retain_data` is true, but for the addresses in `allow_destroy`.
    """

    retain_data: bool
    allow_destroy: frozenset[str]

    def refuses(self, type_: type[TerraformResource], name: str) -> bool:
        """Return whether the resource at this address may not be destroyed."""
        return self.retain_data and address_of(type_, name) not in self.allow_destroy

    def address(
        self, name: str, make: Callable[Concatenate[Construct, Arguments], Resource]
    ) -> Callable[Concatenate[Construct, Arguments], Resource]:
        """As `modules.base.address.address`, and the resource refuses to be destroyed where it has to."""
        made = address(name, make)

        def guarded(
            scope: Construct, /, *arguments: Arguments.args, **named: Arguments.kwargs
        ) -> Resource:
            resource = made(scope, *arguments, **named)
            if self.refuses(type(resource), name):
                resource.lifecycle = TerraformResourceLifecycle(prevent_destroy=True)
            return resource

        return guarded
