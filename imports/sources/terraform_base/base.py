"""A legacy folder as Terraform evaluates it, over an empty state and then with objects that were found.

A first plan says what is configured. What one object takes from another is not known in it; once the
other is found in AWS, a plan that imports it says that too. So no expression is evaluated here.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from common.errors import UserError
from common.progress import Progress
from imports.sources.terraform_base import running
from imports.sources.terraform_base.declared import read_declared
from imports.sources.terraform_base.planned import (
    PROBE,
    ConfiguredObject,
    LegacyConfiguration,
    module_path,
    read_configuration,
)
from imports.sources.terraform_base.scratch import Scratch, override_name, scratch_copy

Agree = Callable[[Sequence[str]], None]
"""Takes the data sources that run programs or call servers of the owner's; raises NotAgreedError for a no."""


class NotAgreedError(UserError):
    """The user does not want the owner's programs to be run."""


# What they run or call is the owner's; that of any other provider is the provider's.
_OUTSIDE: Final = ("external", "http")
_PROBES: Final = "atomic_inventory_probe.tf.json"
_FOUND: Final = "atomic_inventory_found.tf.json"
_KEPT: Final = "zz_found_override.tf.json"


@dataclass(frozen=True, kw_only=True)
class PlannedBase:
    """What a folder configures, with a way to ask again; only valid while its context lasts."""

    configuration: LegacyConfiguration
    notes: tuple[str, ...]
    _scratch: Scratch = field(repr=False)
    _variables: Mapping[str, str] = field(repr=False)
    _var_files: Sequence[Path] = field(repr=False)

    def with_objects(self, ids: Mapping[str, str]) -> LegacyConfiguration:
        """Return the configuration with objects in their place, by address and import id.

        Raises UserError when Terraform cannot read one of them.
        """
        objects = {each.address: each for each in self.configuration.objects}
        # An owner's import block says the same, and twice is an error.
        told = [objects[address] for address in sorted(ids) if not objects[address].imported]
        folder = self._scratch.folder
        (folder / _FOUND).write_text(
            json.dumps({"import": [{"to": one.address, "id": ids[one.address]} for one in told]})
        )
        _keep_as_found(told, folder, running.module_folders(self._scratch))
        plan = running.plan(self._scratch, variables=self._variables, var_files=self._var_files)
        return read_configuration(plan)


@contextmanager
def planned_base(
    folder: Path,
    *,
    environment: Mapping[str, str],
    variables: Mapping[str, str],
    var_files: Sequence[Path],
    agree: Agree,
    progress: Progress,
) -> Iterator[PlannedBase]:
    """Let Terraform plan a copy of `folder`, which is removed at the end.

    Raises UserError with Terraform's own error, and what `agree` raises.
    """
    with scratch_copy(folder, environment=environment) as scratch:
        asked = _outside(scratch.folder, "")
        if asked:
            agree(asked)
        progress("initializing a copy of the legacy folder")
        notes = running.initialize(scratch)
        providers = running.selected_providers(scratch)
        hidden = [each for each in _in_modules(scratch, providers, asked) if each not in asked]
        if hidden:
            agree(hidden)
        (scratch.folder / _PROBES).write_text(json.dumps(_probes(providers)))
        progress("letting Terraform plan the legacy configuration")
        plan = running.plan(scratch, variables=variables, var_files=var_files)
        yield PlannedBase(
            configuration=read_configuration(plan),
            notes=tuple(notes),
            _scratch=scratch,
            _variables=variables,
            _var_files=var_files,
        )


def _outside(folder: Path, module: str) -> list[str]:
    prefix = f"module.{module}." if module else ""
    return [
        f"{prefix}data.{type_}.{name}"
        for type_, name in read_declared(folder).data
        if type_ in _OUTSIDE
    ]


def _in_modules(scratch: Scratch, providers: frozenset[str], asked: Sequence[str]) -> Iterable[str]:
    found = [
        address
        for name, folder in sorted(running.module_folders(scratch).items())
        for address in _outside(folder, name.replace(".", ".module."))
    ]
    yield from found
    # Terraform knows which providers there are; that reading has found all that use them, it does not say.
    for provider in sorted(providers):
        kind = provider.rpartition("/")[2]
        if kind in _OUTSIDE and not any(f"data.{kind}." in each for each in (*asked, *found)):
            yield f"whatever uses the provider {provider}"


def _probes(providers: frozenset[str]) -> dict[str, object]:
    if not any(provider.endswith("/hashicorp/aws") for provider in providers):
        return {}
    return {"data": {"aws_region": {PROBE: {}}, "aws_caller_identity": {PROBE: {}}}}


def _keep_as_found(
    objects: Iterable[ConfiguredObject], root: Path, modules: Mapping[str, Path]
) -> None:
    """Let the plan leave the objects as they are: of one to be replaced, nothing would be known."""
    ignoring: dict[Path, dict[str, dict[str, object]]] = {}
    for each in objects:
        folder = modules[module_path(each.module)] if each.module else root
        resources = ignoring.setdefault(folder.resolve(), {})
        resources.setdefault(each.type, {})[each.name] = {"lifecycle": {"ignore_changes": "all"}}
    for folder, resources in ignoring.items():
        (folder / override_name(folder, _KEPT)).write_text(json.dumps({"resource": resources}))
