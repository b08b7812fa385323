"""Reads the legacy configuration: what each object of the folder is set to, without its state.

Variables, locals, count, for_each, data sources and functions are resolved. What exists only
after apply stays a Reference, what cannot be told an Unknown with its reason; nothing is guessed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from imports.sources.terraform_base.hcl.arguments import settle_arguments, unknowns_in
from imports.sources.terraform_base.hcl.data import Facts
from imports.sources.terraform_base.hcl.files import read_blocks
from imports.sources.terraform_base.hcl.resolver import Instance, Resolver
from imports.sources.terraform_base.hcl.syntax import (
    Block,
    JsonExpression,
    expression_text,
    expressions_of,
    source_text,
)
from imports.sources.terraform_base.hcl.values import Unknown, Value
from imports.sources.terraform_base.hcl.variables import Variable, resolve_variables
from terraform.addresses import address_order

__all__ = [
    "ConfiguredObject",
    "ConfiguredProvider",
    "Facts",
    "LegacyConfiguration",
    "Unresolved",
    "read_configuration",
]


@dataclass(frozen=True, kw_only=True)
class ConfiguredObject:
    """One instance of a resource block, and every argument the configuration sets on it.

    Nested blocks are lists of maps; an argument that is null is absent. In a .tf.json file a
    single block may stand as a map. `provider` is `aws` or an alias such as `aws.west`.
    `ignore_changes` are the attributes the configuration lets drift (`all` for every one).
    """

    address: str
    type: str
    name: str
    index: int | str | None
    provider: str
    ignore_changes: tuple[str, ...]
    file: str
    line: int
    arguments: Mapping[str, Value] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ConfiguredProvider:
    """One provider block: `name` is `aws` or `aws.west`, `version` what the folder requires."""

    name: str
    source: str
    version: str
    arguments: Mapping[str, Value] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Unresolved:
    """An attribute of an address whose value cannot be told, and why."""

    address: str
    attribute: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class LegacyConfiguration:
    """What the folder declares: objects sorted by address, and what stands around them.

    `modules` are the names of module calls, whose objects are not read. `backend` is `local`
    when the folder names none. A resource whose instances cannot be counted is not in `objects`;
    it is in `unresolved` with the attribute `count` or `for_each`.
    """

    objects: tuple[ConfiguredObject, ...]
    modules: tuple[str, ...]
    variables: tuple[Variable, ...]
    providers: tuple[ConfiguredProvider, ...]
    backend: str
    unresolved: tuple[Unresolved, ...]


def read_configuration(
    folder: Path,
    *,
    facts: Facts | None = None,
    environ: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
    var_files: Iterable[Path] = (),
) -> LegacyConfiguration:
    """Return what the *.tf and *.tf.json files of `folder` declare.

    `environ` is searched for TF_VAR_* and TF_WORKSPACE, `variables` are -var values as texts,
    `var_files` -var-file files. Without `facts`, what depends on them is an Unknown: read once
    to learn the provider's region, then again. Raises UserError, in one line, for a folder
    or file that cannot be read.
    """
    surroundings = environ or {}
    resolver = Resolver(
        read_blocks(folder),
        folder=folder,
        facts=facts or Facts(),
        workspace=_workspace(folder, surroundings),
    )
    resolved = resolve_variables(
        {block.labels[0]: block for block in resolver.declared("variable")},
        folder=folder,
        environ=surroundings,
        var_files=var_files,
        variables=variables or {},
        evaluator=resolver.evaluator,
    )
    resolver.variables = {variable.name: variable.value for variable in resolved}
    found: list[ConfiguredObject] = []
    unresolved: list[Unresolved] = []
    for block in resolver.declared("resource"):
        instances = resolver.instances(block)
        if isinstance(instances, Unknown):
            kind = "count" if "count" in block.attributes else "for_each"
            address = ".".join(block.labels)
            unresolved.append(Unresolved(address=address, attribute=kind, reason=instances.reason))
            continue
        found += [_object(block, instance, resolver) for instance in instances]
    found.sort(key=lambda each: address_order(each.address))
    unresolved += [gap for each in found for gap in _gaps(each.address, each.arguments)]
    providers = tuple(_providers(resolver))
    for provider in providers:
        unresolved += _gaps(f"provider.{provider.name}", provider.arguments)
    return LegacyConfiguration(
        objects=tuple(found),
        modules=tuple(block.labels[0] for block in resolver.declared("module")),
        variables=resolved,
        providers=providers,
        backend=_backend(resolver.settings),
        unresolved=tuple(unresolved),
    )


def _object(block: Block, instance: Instance, resolver: Resolver) -> ConfiguredObject:
    kind, name = block.labels
    provider = block.attributes.get("provider")
    return ConfiguredObject(
        address=instance.address,
        type=kind,
        name=name,
        index=instance.index,
        provider=expression_text(provider.expression) if provider else kind.split("_")[0],
        ignore_changes=_ignored(block),
        file=block.file,
        line=block.line,
        arguments=resolver.arguments(block, instance),
    )


def _ignored(block: Block) -> tuple[str, ...]:
    for lifecycle in block.blocks:
        if lifecycle.type == "lifecycle" and "ignore_changes" in lifecycle.attributes:
            expression = lifecycle.attributes["ignore_changes"].expression
            if isinstance(expression, JsonExpression):
                named = expression.value
                return tuple(map(str, named if isinstance(named, list) else [named]))
            listed = [node for node in expressions_of(expression) if node.data == "tuple"]
            items = expressions_of(listed[0]) if listed else [expression]
            return tuple(source_text(item) for item in items)
    return ()


def _gaps(address: str, arguments: Mapping[str, Value]) -> Iterator[Unresolved]:
    for path, reason in unknowns_in(dict(arguments), ""):
        yield Unresolved(address=address, attribute=path, reason=reason)


def _providers(resolver: Resolver) -> Iterator[ConfiguredProvider]:
    required = _required(resolver)
    configured = {}
    for block in resolver.settings:
        if block.type == "provider":
            alias = block.attributes.get("alias")
            suffix = f".{expression_text(alias.expression).strip(chr(34))}" if alias else ""
            configured[block.labels[0] + suffix] = settle_arguments(block, resolver.evaluator)
    for name in sorted({*required, *configured}):
        local_name = name.split(".")[0]
        source, version = required.get(local_name, (f"hashicorp/{local_name}", ""))
        yield ConfiguredProvider(
            name=name, source=source, version=version, arguments=configured.get(name, {})
        )


def _required(resolver: Resolver) -> dict[str, tuple[str, str]]:
    required: dict[str, tuple[str, str]] = {}
    for block in _inner(resolver.settings, "required_providers"):
        for name, value in settle_arguments(block, resolver.evaluator).items():
            given = value if isinstance(value, dict) else {"version": value}
            source, version = given.get("source", f"hashicorp/{name}"), given.get("version", "")
            required[name] = (_text(source), _text(version))
    return required


def _backend(settings: Iterable[Block]) -> str:
    for block in _inner(settings, "backend"):
        return block.labels[0] if block.labels else "local"
    return "cloud" if any(_inner(settings, "cloud")) else "local"


def _inner(settings: Iterable[Block], kind: str) -> Iterator[Block]:
    for block in settings:
        if block.type == "terraform":
            yield from (inner for inner in block.blocks if inner.type == kind)


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""


def _workspace(folder: Path, environ: Mapping[str, str]) -> str:
    if environ.get("TF_WORKSPACE"):
        return environ["TF_WORKSPACE"]
    try:
        chosen = (folder / ".terraform" / "environment").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        chosen = ""
    return chosen or "default"
