"""How a function of ours stands beside, before or around one of moto's; importing its module puts it there.

The function is called as moto's is, with an underscore before it.
"""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

Own = Callable[..., Any]
"""What moto does itself."""
_Patch = TypeVar("_Patch", bound=Callable[..., Any])


def adds(owner: type[Any]) -> Callable[[_Patch], _Patch]:
    """Give a class of moto's a method, one that it lacks or in the place of its own."""

    def put(patch: _Patch) -> _Patch:
        setattr(owner, patch.__name__.strip("_"), patch)
        return patch

    return put


def around(owner: type[Any], name: str = "") -> Callable[[_Patch], _Patch]:
    """Call the function in the place of a method or property of moto's, which it gets before all else."""

    def put(patch: _Patch) -> _Patch:
        called = name or patch.__name__.strip("_")
        there = inspect.getattr_static(owner, called)
        own: Any = there.fget if isinstance(there, property) else getattr(owner, called)

        @wraps(own)
        def patched(*arguments: Any, **named: Any) -> Any:
            return patch(own, *arguments, **named)

        of_its_kind = isinstance(there, property | staticmethod)
        setattr(owner, called, type(there)(patched) if of_its_kind else patched)
        return patch

    return put


def before(owner: type[Any]) -> Callable[[_Patch], _Patch]:
    """Call the function before a method of moto's, with the same arguments: it may raise what AWS answers."""

    def put(check: _Patch) -> _Patch:
        def checked(own: Own, *arguments: Any, **named: Any) -> Any:
            check(*arguments, **named)
            return own(*arguments, **named)

        around(owner, check.__name__.strip("_"))(checked)
        return check

    return put
