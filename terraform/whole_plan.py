"""Tells whether a plan is whole, and whose it is: what it leaves out, a verdict on it cannot know.

Pure: a plan's JSON (`terraform show -json`) in, a sentence or None out. What Terraform says of a plan itself
is believed, and what it does not say is counted. https://developer.hashicorp.com/terraform/internals/json-format
"""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Literal

from common.errors import listed, shorten
from modules.base.kinds import is_of_a_stage
from modules.base.naming import Names
from modules.settings.stage_settings import StageSettings
from terraform.plan import Plan
from terraform.state import StateObject

FAILED = "the plan of a run that failed: plan again"
_ANEW = "plan with the project's Terraform"
_KNOWN_FORMATS = ("0.", "1.")
# All that Terraform 1.11 does to a resource.
_KNOWN_ACTIONS = frozenset(
    {
        *(("no-op",), ("create",), ("read",), ("update",), ("delete",), ("forget",)),
        *(("delete", "create"), ("create", "delete"), ("create", "forget"), ("forget", "create")),
    }
)
_KNOWN_MODES = frozenset({"managed", "data", "ephemeral"})
# Resources whose name is made of the stack's, and that no stage adopts.
_NAMED_BY_THE_STACK = {
    "aws_sns_topic.alarms": "name",
    "aws_cloudwatch_dashboard.main": "dashboard_name",
}


def unseen(plan: Plan) -> str | None:
    """Return what a verdict on this plan could not see, with a remedy; None for a whole plan."""
    version = plan.document.get("format_version", "1.2")
    if not str(version).startswith(_KNOWN_FORMATS):
        return f"the plan is of format {shorten(version)}, 1.x is known: plan with the project's Terraform"
    if plan.is_errored:
        return FAILED
    if plan.deferred:
        return (
            f"the plan defers {plan.deferred} of its changes, and nobody can tell what they will be: apply "
            "what it waits for first, then plan again"
        )
    if not plan.is_complete:
        return (
            "the plan says of itself that it is incomplete, as one made with -target is: plan again without "
            "-target, and without TF_CLI_ARGS"
        )
    if not plan.is_applyable and any(not each.does_nothing for each in plan.changes):
        return "the plan says of itself that it cannot be applied: plan again"
    return _unknown_action(plan) or _left_out(plan)


def _unknown_action(plan: Plan) -> str | None:
    """Return what a later Terraform does to an object that nobody here has heard of."""
    for change in plan.all_changes:
        if change.mode not in _KNOWN_MODES:
            what = f"a resource of mode {shorten(change.mode)}, {shorten(change.address)}"
        elif not change.actions:
            return f"the plan has no action for {shorten(change.address)}: {_ANEW}"
        elif change.actions not in _KNOWN_ACTIONS:
            what = (
                f"the action {shorten(' and '.join(change.actions))} for {shorten(change.address)}"
            )
        else:
            continue
        return f"the plan has {what}, which is not known here: {_ANEW}"
    return None


def _left_out(plan: Plan) -> str | None:
    """Terraform names every object of its state in a plan, unchanged ones too: the rest it left out."""
    planned = {change.address for change in plan.changes}
    prior = set(prior_ids(plan))
    missing = sorted(prior - planned)
    if not planned or not missing:
        return None
    return (
        f"the plan says nothing of {len(missing)} of the {len(prior)} objects in its state "
        f"({listed(missing, limit=3)}), as one made with -target does: plan again without it"
    )


def notes(plan: Plan) -> tuple[str, ...]:
    """Return what a whole plan does not speak of, and a person should know."""
    found = []
    if (prior_ids(plan) or plan.drift) and not plan.changes:
        found.append(
            "the plan only refreshes the state (-refresh-only): what a deploy would change is not in it"
        )
    kinds = [change.actions for change in plan.changes]
    if kinds and all(kind == ("create",) for kind in kinds):
        found.append(
            "the plan is of an empty state: what it says holds for a stage that was never deployed"
        )
    if plan.invocations:
        found.append(
            f"the plan invokes {plan.invocations} actions of providers, which are not judged"
        )
    return tuple(found)


def of_another_stage(plan: Plan, settings: StageSettings) -> str | None:
    """By what a plan shows that it is of another stage, or of none; None where nothing says so."""
    foreign = next(filter(None, (not_of_a_stage(each.address) for each in plan.changes)), None)
    if foreign:
        return foreign
    configured = _at(plan.document, "configuration", "provider_config", "aws", "expressions")
    region = _at(configured, "region").get("constant_value")
    if isinstance(region, str) and region != settings.region:
        return f"it is of region {shorten(region)}, stage {settings.stage} is in {settings.region}"
    return _other_stage_tag(configured, settings) or _other_stack(plan, settings, "after")


def not_of_a_stage(address: str) -> str | None:
    """Return why no stage has an object at this address; None where one may."""
    if address.startswith("module."):
        return f"it has {shorten(address)}, and a stage has no modules"
    if not is_of_a_stage(address.removeprefix("data.").partition(".")[0]):
        return f"it has {shorten(address)}, and a stage has resources of AWS alone"
    return None


def state_of_another_stage(plan: Plan, settings: StageSettings) -> str | None:
    """By what a plan shows that the state it was made of is another stage's; None where nothing says so.

    Every object there would be replaced, and that stage left without them.
    """
    return _other_stack(plan, settings, "before")


def _other_stage_tag(configured: Mapping[str, Any], settings: StageSettings) -> str | None:
    blocks = configured.get("default_tags")
    block = blocks[0] if isinstance(blocks, list) and blocks else None
    found = _at(block, "tags", "constant_value").get("Stage")
    ours = settings.default_tags.get("Stage")
    if isinstance(found, str) and ours is not None and found != ours:
        return f"its objects have the tag Stage = {shorten(found)}, those of stage {settings.stage} {ours}"
    return None


def _other_stack(
    plan: Plan, settings: StageSettings, side: Literal["before", "after"]
) -> str | None:
    names = Names(prefix=settings.prefix, stack=settings.stack_name)
    ours = {
        "aws_sns_topic.alarms": names.alarm_topic,
        "aws_cloudwatch_dashboard.main": names.dashboard,
    }
    for change in plan.changes:
        attribute = _NAMED_BY_THE_STACK.get(change.address)
        if attribute is None:
            continue
        values = change.before if side == "before" else change.after
        found = (values or {}).get(attribute)
        if isinstance(found, str) and found != ours[change.address]:
            expected = ours[change.address]
            return f"{change.address} is {shorten(found)}, in stage {settings.stage} {expected}"
    return None


def adopts(plan: Plan) -> bool:
    """Return whether it imports objects: these exist, and are in no state before."""
    return any(change.importing for change in plan.changes)


def prior_ids(plan: Plan) -> dict[str, object]:
    """Return the id of each object in the state that the plan was made of, by address."""
    return {address: _at(each, "values").get("id") for address, each in _prior(plan).items()}


def _prior(plan: Plan) -> dict[str, Mapping[str, Any]]:
    """Return what a plan says of each object in the state that it was made of; not of deposed ones."""
    return {
        str(resource["address"]): resource
        for resource in _resources(_at(plan.document, "prior_state", "values", "root_module"))
        if resource.get("mode") == "managed"
        and isinstance(resource.get("address"), str)
        and not resource.get("deposed_key")
    }


def disagrees_with(plan: Plan, state: Mapping[str, StateObject]) -> str | None:
    """By what a plan shows that it was made of another state than this (by address); None if it agrees.

    A plan's JSON has no lineage and no serial: objects and their values are what can be compared. What
    changed outside the plan lists as drift; what was deleted there is in the state still, and not in its own.
    """
    prior = _prior(plan)
    moved = _moved(plan)
    state = {moved.get(address, address): held for address, held in state.items()}
    for change in plan.changes:
        if change.actions == ("create",) and not prior and change.address in state:
            return f"the state holds {change.address}, which the plan would create"
    if not prior:
        return None  # trimmed, or made of nothing: it does not say
    drift = plan.document.get("resource_drift")
    drifted = (
        {each.get("address") for each in drift if isinstance(each, Mapping)}
        if isinstance(drift, list)
        else set()
    )
    imported = {change.address for change in plan.changes if change.importing}
    for address in sorted(prior.keys() | state.keys()):
        if address in drifted or (address in imported and address not in state):
            continue
        if address not in prior:
            return f"the state holds {address}, which the plan does not know"
        if address not in state:
            return f"the plan knows {address}, which the state does not hold"
        differs = _differs(prior[address], state[address])
        if differs:
            return (
                f"{address} is another object in the state than in the plan"
                if differs == "id"
                else f"{differs} of {address} is not in the state what it is in the plan"
            )
    return None


def _moved(plan: Plan) -> dict[str, str]:
    """Return the new address of each object that the plan moves, by the old one.

    In the plan's own view of the state they are moved already.
    """
    rows = plan.document.get("resource_changes")
    return {
        row["previous_address"]: str(row.get("address"))
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, Mapping) and isinstance(row.get("previous_address"), str)
    }


def _differs(prior: Mapping[str, Any], held: StateObject) -> str | None:
    """Return an attribute that both know and that differs, `id` before others; None where none does.

    An object of another schema's version was translated for the plan: of that, the id alone is compared.
    """
    values = _at(prior, "values")
    translated = prior.get("schema_version", held.schema_version) != held.schema_version
    names = ["id"] if translated else ["id", *sorted(values)]
    for name in names:
        if name in held.attributes and _plain(values.get(name)) != _plain(held.attributes[name]):
            return name
    return None


def _plain(value: object) -> str:
    """Write a value so that neither the order of a set nor the kind of a number counts."""
    if isinstance(value, Mapping):
        return json.dumps({str(key): _plain(each) for key, each in value.items()}, sort_keys=True)
    if isinstance(value, list):
        return json.dumps(sorted(map(_plain, value)))
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return f"{float(value):.12g}"
    return json.dumps(value, default=str)


def _resources(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for key, within in (("resources", False), ("child_modules", True)):
        items = module.get(key)
        for item in items if isinstance(items, list) else ():
            if isinstance(item, Mapping):
                if within:
                    yield from _resources(item)
                else:
                    yield item


def _at(value: object, *path: str) -> Mapping[str, Any]:
    """Return the mapping at a path; an empty one where something else is there."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}
