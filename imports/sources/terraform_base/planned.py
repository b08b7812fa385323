"""Reads the plan of a legacy folder: what each object is set to, with all that Terraform knows before apply.

Pure: a plan in, objects out. A plan holds secrets in plain text, so no `repr` shows a value.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from common.errors import UserError
from terraform.addresses import address_order
from terraform.plan import Plan

# Data sources that are put into the copy, to learn for which account and region the folder's provider works.
PROBE: Final = "atomic_inventory"
_INDEX: Final = re.compile(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]')
# What an instance says of itself in an expression; whatever holds one is another value for each.
_OWN: Final = frozenset({"count.index", "each.key", "each.value"})


@dataclass(frozen=True)
class AfterApply:
    """A value that Terraform knows only after an apply, and what the argument it is in refers to."""

    references: tuple[str, ...] = ()


Value: TypeAlias = (
    "bool | int | float | str | Sequence[Value] | Mapping[str, Value] | AfterApply | None"
)


@dataclass(frozen=True, kw_only=True)
class ConfiguredObject:
    """One instance of a resource block, and the arguments that the configuration sets on it.

    Nested blocks are lists of maps; an argument that is null is absent. `module` is the part of the
    address before the type (empty for the root), `provider` is `aws` or an alias such as `aws.west`.
    `imported` says that an import block of the configuration names the object already.
    """

    address: str
    type: str
    name: str
    index: int | str | None
    module: str
    provider: str
    imported: bool = False
    arguments: Mapping[str, Value] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class LegacyConfiguration:
    """What a folder configures: objects sorted by address, the names of its modules, and where it works.

    `region` and `account_id` are those of the default AWS provider, None where that was not asked.
    """

    objects: tuple[ConfiguredObject, ...]
    modules: tuple[str, ...]
    region: str | None
    account_id: str | None


def read_configuration(plan: Plan) -> LegacyConfiguration:
    """Return what a plan over an empty state says is configured.

    Raises UserError for a document that is no whole plan.
    """
    document = plan.document
    try:
        if plan.is_errored or not plan.is_complete:
            raise UserError(
                "Terraform's plan of the legacy folder is not complete: run `terraform plan` there, and "
                "see why"
            )
        root = document["configuration"].get("root_module", {})
        objects = [
            _object(change, root)
            for change in document.get("resource_changes", ())
            if change["mode"] == "managed" and change["change"]["after"] is not None
        ]
        region = _probed(document, "aws_region")
        identity = _probed(document, "aws_caller_identity")
        return LegacyConfiguration(
            objects=tuple(sorted(objects, key=lambda each: address_order(each.address))),
            modules=tuple(sorted(root.get("module_calls", {}))),
            # From version 6 of the provider on it is `region`.
            region=region.get("region") or region.get("name"),
            account_id=identity.get("account_id"),
        )
    except (LookupError, TypeError, AttributeError, ValueError, StopIteration) as error:
        raise UserError(
            f"Terraform's plan of the legacy folder cannot be read ({type(error).__name__}): use the "
            "version of Terraform that `make setup` installed, or give the legacy state with --state"
        ) from None


def module_path(module: str) -> str:
    """Return the names of a module's calls in dots: `net.subnets` of `module.net[0].module.subnets`."""
    return ".".join(step for step in _INDEX.sub("", module).split(".")[1::2])


def is_known(value: Value) -> bool:
    """Return whether nothing in the value waits for an apply."""
    return next(waiting_in(value), None) is None


def waiting_in(value: Value) -> Iterator[AfterApply]:
    """Yield what in a value is known only after an apply."""
    if isinstance(value, AfterApply):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from waiting_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from waiting_in(item)


def refers_to(value: Value, source: ConfiguredObject, target: ConfiguredObject) -> bool:
    """Return whether a value of `source` is made of `target`, as far as the configuration tells.

    Terraform names the resource blocks in an expression and not the instances: of a block with many, the
    one with the same index is meant when the expression says `count.index` or `each.key`. That is how it
    is written, and no proof: check what follows from it against AWS.
    """
    if source.module != target.module:
        return False
    block = f"{target.type}.{target.name}"
    instance = target.address.removeprefix(f"{target.module}.")
    for waiting in waiting_in(value):
        named = [item for item in waiting.references if _in_block(item, block)]
        if not named:
            continue
        exact = [item for item in named if _INDEX.match(item.removeprefix(block))]
        if exact:
            return any(item.startswith(instance) for item in exact)
        own = _OWN.intersection(item.partition("[")[0] for item in waiting.references)
        return target.index is None or (bool(own) and source.index == target.index)
    return False


def _in_block(reference: str, block: str) -> bool:
    return reference == block or reference.startswith((f"{block}.", f"{block}["))


def _object(change: Mapping[str, Any], root: Mapping[str, Any]) -> ConfiguredObject:
    module = change.get("module_address", "")
    block = _block(root, module, change["type"], change["name"])
    after, unknown = change["change"]["after"], change["change"].get("after_unknown") or {}
    expressions = block.get("expressions", {})
    # What dynamic blocks make is not among the expressions, and so what that refers to is not known.
    blocks = {name for name, value in after.items() if _is_blocks(value)}
    made_of = {name: _references(expression) for name, expression in expressions.items()}
    arguments = {
        name: AfterApply(made_of.get(name, ()))
        if unknown.get(name) is True
        else _value(after.get(name), unknown.get(name), made_of.get(name))
        for name in sorted({*expressions, *blocks})
    }
    return ConfiguredObject(
        address=change["address"],
        type=change["type"],
        name=change["name"],
        index=change.get("index"),
        module=module,
        provider=block["provider_config_key"].rpartition(":")[2],
        imported=change["change"].get("importing") is not None,
        arguments={name: value for name, value in arguments.items() if value is not None},
    )


def _block(root: Mapping[str, Any], module: str, type_: str, name: str) -> Mapping[str, Any]:
    here = root
    for step in module_path(module).split(".") if module else ():
        here = here["module_calls"][step]["module"]
    block: Mapping[str, Any] = next(
        each
        for each in here["resources"]
        if (each["mode"], each["type"], each["name"]) == ("managed", type_, name)
    )
    return block


def _is_blocks(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(i, dict) for i in value)


def _value(after: Any, unknown: Any, references: tuple[str, ...] | None) -> Value:
    """Return a value with what waits for an apply marked; `references` are None where not known."""
    if unknown is True:
        # Where a block refers to nothing, what is open in it is the provider's to fill in, and set by nobody.
        return None if references == () else AfterApply(references or ())
    if isinstance(unknown, dict) and unknown:
        known = after if isinstance(after, dict) else {}
        return {
            key: _value(known.get(key), unknown.get(key), references)
            for key in sorted({*known, *unknown})
        }
    if isinstance(unknown, list) and any(map(_waits, unknown)):
        items = after if isinstance(after, list) else []
        return [
            _value(items[i] if i < len(items) else None, part, references)
            for i, part in enumerate(unknown)
        ]
    value: Value = after
    return value


def _waits(unknown: Any) -> bool:
    if isinstance(unknown, dict):
        return any(map(_waits, unknown.values()))
    if isinstance(unknown, list):
        return any(map(_waits, unknown))
    return unknown is True


def _references(expression: Any) -> tuple[str, ...]:
    if isinstance(expression, dict):
        own = expression.get("references")
        if isinstance(own, list):
            return tuple(own)
        return tuple(item for part in expression.values() for item in _references(part))
    if isinstance(expression, list):
        return tuple(item for part in expression for item in _references(part))
    return ()


def _probed(document: Mapping[str, Any], type_: str) -> Mapping[str, Any]:
    values = document.get("prior_state", {}).get("values", {}).get("root_module", {})
    for resource in values.get("resources", ()):
        if resource["address"] == f"data.{type_}.{PROBE}":
            found: Mapping[str, Any] = resource["values"]
            return found
    return {}
