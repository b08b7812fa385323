"""Reads plans (`terraform show -json`): what each does to which attribute of which object."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from aws.resources import PROTECTING, is_state_only
from modules.settings.stateful import STATEFUL
from terraform.references import parse


@dataclass(frozen=True, kw_only=True)
class AttributeChange:
    """One attribute that the plan changes; values that Terraform marks as sensitive are not shown."""

    attribute: str
    before: str
    after: str
    state_only: bool

    def __str__(self) -> str:
        return f"{self.attribute}: {self.before} -> {self.after}"


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a plan does to one object, or has found changed outside.

    `unknown` marks what is known after the apply only, `before_sensitive` and `after_sensitive` what must not
    be shown. `reason` is Terraform's word for why, `deposed` the key of an object that a replacement left.
    """

    address: str
    mode: str
    type: str
    name: str
    actions: tuple[str, ...]
    before: Mapping[str, Any] | None = field(repr=False)
    after: Mapping[str, Any] | None = field(repr=False)
    unknown: Mapping[str, Any] = field(repr=False)
    before_sensitive: object = field(repr=False)
    after_sensitive: object = field(repr=False)
    importing: Mapping[str, Any]
    replace_paths: tuple[Sequence[str | int], ...]
    reason: str | None
    deposed: str | None

    @property
    def is_managed(self) -> bool:
        """Whether it is of a resource, not of a data source."""
        return self.mode == "managed"

    @property
    def does_nothing(self) -> bool:
        """Whether the object stays as it is."""
        return self.actions in {("no-op",), ("read",)}

    @property
    def loses_data(self) -> bool:
        """Whether it destroys, replaces or forgets something that holds data."""
        return self.type in STATEFUL and ("delete" in self.actions or "forget" in self.actions)

    @property
    def ends_protection(self) -> bool:
        """Whether it leaves a stage without its firewall, or its data without new copies.

        What is replaced is there again afterwards. A database with 0 days of backups loses those it has.
        """
        if self.type in PROTECTING:
            goes = "delete" in self.actions or "forget" in self.actions
            return goes and "create" not in self.actions and not self.deposed
        before, after = self.before or {}, self.after or {}
        return (
            self.actions == ("update",)
            and bool(before.get("backup_retention_period"))
            and after.get("backup_retention_period") == 0
        )

    @property
    def forcing(self) -> tuple[str, ...]:
        """The attributes that force a replacement."""
        return tuple(dict.fromkeys(str(path[0]) for path in self.replace_paths if path))

    @property
    def attributes(self) -> tuple[AttributeChange, ...]:
        """What it does, attribute by attribute, sorted; none of what is created or destroyed as a whole."""
        if not self.before or not self.after:
            return ()
        before, after = self.before, self.after
        coming = (key for key, value in self.unknown.items() if value)
        found = []
        for attribute in sorted({*before, *after, *coming}):
            old, new = before.get(attribute), after.get(attribute)
            is_unknown = bool(self.unknown.get(attribute)) and new is None
            if old == new and not is_unknown:
                continue
            hidden = self.hides(attribute)
            shown = "(known after apply)" if is_unknown else repr(new)
            found.append(
                AttributeChange(
                    attribute=attribute,
                    before="(sensitive)" if hidden else repr(old),
                    after="(sensitive)" if hidden else shown,
                    state_only=not is_unknown and is_state_only(self.type, attribute, old, new),
                )
            )
        return tuple(found)

    def hides(self, attribute: str) -> bool:
        """Return whether Terraform marks anything within an attribute as sensitive, before or after."""
        return any(
            is_sensitive(m, attribute) for m in (self.before_sensitive, self.after_sensitive)
        )


@dataclass(frozen=True, kw_only=True)
class PriorObject:
    """An object of the state that a plan was made of, refreshed; `provider` is as a state names it."""

    address: str
    mode: str
    type: str
    provider: str
    schema_version: int
    deposed: str | None
    values: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A plan as `terraform show -json` writes it. It holds what the state holds, and is not shown."""

    document: Mapping[str, Any] = field(repr=False)

    @property
    def is_errored(self) -> bool:
        """Whether Terraform could not finish it."""
        return self.document.get("errored", False) is not False

    @property
    def is_complete(self) -> bool:
        """Whether it says nothing else: one with -target, or with deferred changes, is of a part."""
        return self.document.get("complete", True) is True

    @property
    def is_applyable(self) -> bool:
        """Whether it does not say that it cannot be applied."""
        return self.document.get("applyable", True) is True

    @property
    def deferred(self) -> int:
        """How many changes it puts off."""
        return self._count("deferred_changes") + self._count("deferred_action_invocations")

    @property
    def invocations(self) -> int:
        """How many actions of providers it invokes."""
        return self._count("action_invocations")

    @property
    def made_at(self) -> str | None:
        """When it was made, as far as it says."""
        moment = self.document.get("timestamp")
        return moment if isinstance(moment, str) else None

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """What it does to resources, in the plan's order."""
        return tuple(each for each in self.all_changes if each.is_managed)

    @cached_property
    def all_changes(self) -> tuple[Change, ...]:
        """What it does to resources and to whatever else it lists, in the plan's order."""
        return self._changes("resource_changes")

    @cached_property
    def drift(self) -> tuple[Change, ...]:
        """What it has found changed outside, of resources."""
        return tuple(each for each in self._changes("resource_drift") if each.is_managed)

    @property
    def by_address(self) -> Mapping[str, Change]:
        """What it does at each address; objects left over from a replacement have none of their own."""
        return {each.address: each for each in self.changes if not each.deposed}

    @cached_property
    def prior(self) -> tuple[PriorObject, ...]:
        """The objects of its prior state, of the root module."""
        values = (self.document.get("prior_state") or {}).get("values") or {}
        return tuple(
            PriorObject(
                address=str(each.get("address", "")),
                mode=str(each.get("mode", "")),
                type=str(each.get("type", "")),
                provider=f'provider["{each.get("provider_name", "")}"]',
                schema_version=int(each.get("schema_version") or 0),
                deposed=each.get("deposed_key"),
                values=each.get("values") or {},
            )
            for each in (values.get("root_module") or {}).get("resources") or ()
        )

    @cached_property
    def expressions(self) -> Mapping[str, Mapping[str, Any]]:
        """The configured arguments of each resource by address; each says what it refers to."""
        module = (self.document.get("configuration") or {}).get("root_module") or {}
        return {
            each["address"]: each.get("expressions") or {} for each in module.get("resources") or ()
        }

    @property
    def outputs(self) -> Mapping[str, Mapping[str, Any]]:
        """The outputs that it knows, by name."""
        found: Mapping[str, Mapping[str, Any]] = self.document.get("planned_values", {}).get(
            "outputs", {}
        )
        return found

    def _count(self, key: str) -> int:
        """Count the items of a list; what is no list, and there, counts as one."""
        value = self.document.get(key)
        return len(value) if isinstance(value, list) else int(bool(value))

    def _changes(self, key: str) -> tuple[Change, ...]:
        return tuple(map(change_of, self.document.get(key) or ()))


def change_of(row: Mapping[str, Any]) -> Change:
    """Read one entry of a plan's `resource_changes` or `resource_drift`."""
    change = row["change"]
    paths = change.get("replace_paths")
    return Change(
        address=row["address"],
        mode=row.get("mode", ""),
        type=row.get("type", ""),
        name=row.get("name", ""),
        actions=tuple(change["actions"]),
        before=change.get("before"),
        after=change.get("after"),
        unknown=change.get("after_unknown") or {},
        before_sensitive=change.get("before_sensitive"),
        after_sensitive=change.get("after_sensitive"),
        importing=change.get("importing") or {},
        # Why it is replaced is told where it can be read.
        replace_paths=tuple(path for path in paths if isinstance(path, list))
        if isinstance(paths, list)
        else (),
        reason=row.get("action_reason"),
        deposed=row.get("deposed"),
    )


def configured_references(expression: object) -> frozenset[str]:
    """Return the addresses that a plan's configured expression names, at any depth."""
    if isinstance(expression, list):
        return frozenset().union(*map(configured_references, expression))
    if not isinstance(expression, Mapping):
        return frozenset()
    named = (parse(name) for name in expression.get("references") or ())
    within = (value for key, value in expression.items() if key != "references")
    return frozenset(each.address for each in named if each).union(
        *map(configured_references, within)
    )


def in_words(actions: Sequence[str]) -> str:
    """Say what a plan's actions do to an object, as in `it would be ...`."""
    names = {
        ("create",): "created",
        ("update",): "changed in place",
        ("delete",): "destroyed",
        ("forget",): "forgotten",
        ("delete", "create"): "replaced",
        ("create", "delete"): "replaced",
    }
    return names.get(tuple(actions), " and ".join(actions))


def is_sensitive(marks: object, attribute: str) -> bool:
    """Return whether Terraform marks anything within an attribute as sensitive."""
    return is_marked(marks.get(attribute) if isinstance(marks, Mapping) else marks)


def is_marked(marks: object) -> bool:
    """Return whether anything within is marked: a list has a mark, mostly false, for each item."""
    if isinstance(marks, Mapping | list):
        return any(map(is_marked, marks.values() if isinstance(marks, Mapping) else marks))
    return bool(marks)
