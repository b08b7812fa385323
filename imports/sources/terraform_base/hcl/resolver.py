"""What the names of a folder stand for: variables, locals, data sources, resource instances."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from common.errors import UserError, shorten
from imports.sources.terraform_base.hcl.access import pairs, undecided
from imports.sources.terraform_base.hcl.arguments import META, settle_arguments, settled
from imports.sources.terraform_base.hcl.data import Facts, data_attribute
from imports.sources.terraform_base.hcl.expressions import Evaluator
from imports.sources.terraform_base.hcl.files import read_text
from imports.sources.terraform_base.hcl.syntax import Block, Expression
from imports.sources.terraform_base.hcl.values import (
    EvaluationError,
    Reference,
    TerraformSet,
    Unknown,
    Value,
    is_marker,
    number_of,
)
from terraform.addresses import instance_address

MAX_INSTANCES: Final = 1000

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Instance:
    """One instance of a resource or data block, and the names its expressions may use."""

    address: str
    index: int | str | None
    bound: Mapping[str, Value] = field(repr=False)


class Resolver:
    """Answers for the names of one folder; each is worked out once, when first asked for."""

    def __init__(
        self,
        blocks: Sequence[Block],
        *,
        folder: Path,
        facts: Facts,
        workspace: str,
    ) -> None:
        """Take the blocks of the folder; raises UserError when one is declared twice."""
        self.evaluator = Evaluator(names=self)
        self.variables: Mapping[str, Value] = {}
        self.settings = [block for block in blocks if block.type in {"terraform", "provider"}]
        self._folder = folder
        self._facts = facts
        self._workspace = workspace
        self._locals: dict[str, Expression] = {}
        self._declared: dict[tuple[str, ...], Block] = {}
        self._known: dict[tuple[str, ...], Value] = {}
        self._expanded: dict[tuple[str, ...], tuple[Instance, ...] | Unknown] = {}
        self._owners: dict[str, tuple[Block, Instance]] = {}
        self._busy: set[tuple[str, ...]] = set()
        for block in blocks:
            self._declare(block)

    def _declare(self, block: Block) -> None:
        keys = [(block.type, *block.labels)]
        if block.type == "locals":
            keys = [("local", name) for name in block.attributes]
            self._locals |= {name: a.expression for name, a in block.attributes.items()}
        elif block.type not in {"resource", "data", "variable", "module"}:
            return
        for key in keys:
            if key in self._declared:
                raise UserError(
                    f"{shorten(block.file)}, line {block.line}: {shorten('.'.join(key))} is "
                    f"declared a second time, after {shorten(self._declared[key].file)}; keep one."
                )
            self._declared[key] = block

    def declared(self, kind: str) -> list[Block]:
        """Return the blocks of one type, sorted by their labels."""
        found = {key: block for key, block in self._declared.items() if key[0] == kind}
        return [found[key] for key in sorted(found)]

    def instances(self, block: Block) -> tuple[Instance, ...] | Unknown:
        """Return the instances of a resource or data block, or why they cannot be told."""
        key = (block.type, *block.labels)
        if key not in self._expanded:
            found = self._guarded(("instances", *key), lambda: self._expand(block))
            self._expanded[key] = found
            for instance in () if isinstance(found, Unknown) else found:
                self._owners[instance.address] = (block, instance)
        return self._expanded[key]

    def arguments(self, block: Block, instance: Instance) -> dict[str, Value]:
        """Return what the block sets for one instance, without what only Terraform reads."""
        return settle_arguments(block, self.evaluator.binding(instance.bound), skip=META)

    def named(self, root: str, path: tuple[str, ...]) -> tuple[Value, int]:
        """Return the value of a name outside an expression; see `Names`."""
        if root in {"each", "count", "self"} or not path:
            raise EvaluationError(f"the name {root} means nothing here")
        if root == "data":
            return self._data(path)
        simple: dict[str, Callable[[str], Value]] = {
            "var": self._variable,
            "local": self._local,
            "path": lambda _: ".",
            "terraform": lambda _: self._workspace,
            "module": lambda name: Reference(f"module.{name}", ""),
        }
        if root in simple:
            return simple[root](path[0]), 1
        return self._whole("resource", root, path[0]), 1

    def attribute(self, address: str, name: str) -> Value:
        """Return an instance's attribute: what the block sets, else a Reference."""
        if address not in self._owners:
            return Reference(address, name)
        block, instance = self._owners[address]
        if block.type == "data":
            return self._data_value(block, instance, name)
        if name in META or name not in block.attributes:
            return Reference(address, name)
        inner = self.evaluator.binding(instance.bound)
        value = self._once(
            ("attribute", address, name),
            lambda: settled(inner, block.attributes[name].expression),
        )
        return Reference(address, name) if value is None or isinstance(value, Unknown) else value

    def read_file(self, path: str) -> str | None:
        """Return a file next to the configuration, or None."""
        try:
            return read_text(self._folder / path)
        except UserError:
            return None

    def _variable(self, name: str) -> Value:
        if name not in self.variables:
            raise EvaluationError(f"the folder declares no variable {name}")
        return self.variables[name]

    def _local(self, name: str) -> Value:
        if name not in self._locals:
            raise EvaluationError(f"the folder declares no local {name}")
        return self._once(("local", name), lambda: self.evaluator.settle(self._locals[name]))

    def _whole(self, kind: str, type_: str, name: str) -> Value:
        block = self._declared.get((kind, type_, name))
        if block is None:
            raise EvaluationError(f"the folder declares no {type_}.{name}")
        found = self.instances(block)
        if isinstance(found, Unknown):
            return found
        wholes: list[Value] = [Reference(instance.address, "") for instance in found]
        if "count" in block.attributes:
            return wholes
        if "for_each" in block.attributes:
            keys = (str(instance.index) for instance in found)
            return dict(zip(keys, wholes, strict=True))
        return wholes[0]

    def _data(self, path: tuple[str, ...]) -> tuple[Value, int]:
        if len(path) < 2:
            raise EvaluationError("data needs a type and a name")
        return self._whole("data", path[0], path[1]), 2

    def _data_value(self, block: Block, instance: Instance, name: str) -> Value:
        key = ("data", instance.address, name)
        arguments = self.arguments(block, instance)
        kind = block.labels[0]
        return self._once(key, lambda: data_attribute(kind, name, arguments, self._facts))

    def _expand(self, block: Block) -> tuple[Instance, ...] | Unknown:
        for name, find in (("count", _counted), ("for_each", _keyed)):
            if name in block.attributes:
                given = self.evaluator.settle(block.attributes[name].expression)
                if is_marker(given):
                    return undecided(given)
                return tuple(_instance(block, index, bound) for index, bound in find(given))
        return (_instance(block, None, {}),)

    def _once(self, key: tuple[str, ...], compute: Callable[[], Value]) -> Value:
        if key not in self._known:
            value = self._guarded(key, compute)
            self._known[key] = value
        return self._known[key]

    def _guarded(self, key: tuple[str, ...], compute: Callable[[], T]) -> T | Unknown:
        if key in self._busy:
            return Unknown(f"{'.'.join(key[1:])} refers to itself")
        self._busy.add(key)
        try:
            return compute()
        except EvaluationError as error:
            return Unknown(str(error))
        except RecursionError:
            return Unknown(f"{'.'.join(key[1:])} is nested too deeply")
        finally:
            self._busy.discard(key)


def _instance(block: Block, index: int | str | None, bound: Mapping[str, Value]) -> Instance:
    kind, name = block.labels
    address = instance_address(kind=kind, name=name, index=index)
    prefix = "data." if block.type == "data" else ""
    return Instance(address=prefix + address, index=index, bound=bound)


def _counted(count: Value) -> Iterator[tuple[int, dict[str, Value]]]:
    number = number_of(count)
    if not isinstance(number, int) or not 0 <= number <= MAX_INSTANCES:
        raise EvaluationError(f"count is no whole number from 0 to {MAX_INSTANCES}")
    return ((index, {"count": {"index": index}}) for index in range(number))


def _keyed(items: Value) -> Iterator[tuple[str, dict[str, Value]]]:
    if not isinstance(items, dict | TerraformSet) or len(items) > MAX_INSTANCES:
        raise EvaluationError(f"for_each is no map or set of at most {MAX_INSTANCES}")
    if not all(isinstance(key, str) for key, _ in pairs(items)):
        raise EvaluationError("for_each has a key that is no text known before apply")
    return ((str(key), {"each": {"key": key, "value": value}}) for key, value in pairs(items))
