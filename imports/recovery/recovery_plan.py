"""Plans the next deploy upon a state with found objects in it, in a throw-away folder, and judges it."""

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Final, Literal

from imports.gate import judge_recovery
from imports.recovery.recovery_stage import LostStage
from terraform.cli import Terraform
from terraform.import_plan import ReadObject
from terraform.plan import Plan
from terraform.stack import FILE_NAME, Stack
from terraform.state import Document, dump_document
from terraform.state_surgery import add_objects, held, with_outputs

_TASK_DEFINITION: Final = "aws_ecs_task_definition."

Effect = Literal["unchanged", "changed", "replaced", "destroyed", "created"]


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What the next deploy would do at one address; `blocks` where that must not be, and `why`."""

    address: str
    effect: Effect
    attributes: tuple[str, ...]
    blocks: bool
    why: str = ""


def outlook(plan: Plan, *, recovered: Mapping[str, str | None]) -> tuple[Outlook, ...]:
    """Return what the plan would do, address by address; of what it leaves alone, what is recovered.

    `recovered` are import ids by address, of those that have one.
    """
    reasons = {each.address: each.why for each in judge_recovery(plan, recovered).blocked}
    return tuple(
        Outlook(
            address=address,
            effect=effect,
            attributes=tuple(each.attribute for each in change.attributes),
            blocks=address in reasons,
            why=reasons.get(address, ""),
        )
        for address, change in sorted(plan.by_address.items())
        if (effect := _effect(change.actions)) != "unchanged" or address in {*recovered, *reasons}
    )


def judged(
    stage: LostStage,
    scratch: Terraform,
    objects: dict[str, ReadObject],
    *,
    undecided: Set[str],
    gone: Set[str],
) -> tuple[Document, tuple[Outlook, ...], dict[str, ReadObject]]:
    """Return the state with the objects, the next deploy's plan upon it, and the objects that are in it.

    What that plan would replace because it refers to something `undecided` is left out: it comes back later.
    `gone` are addresses that the stack would import and that do not exist.
    """
    version = json.loads(scratch.checked("version", "-json"))["terraform_version"]
    while True:
        state = add_objects(stage.state, objects, stage.stack, terraform_version=version)
        plan = _planned_upon(stage, scratch, state, not_imported=objects.keys() | gone)
        ids = {address: each.import_id for address, each in held(state).items()}
        found = outlook(plan, recovered={address: ids[address] for address in objects})
        out = left_out(found, stage.stack, recovered=objects.keys(), undecided=undecided)
        if not out:
            return with_outputs(state, plan), found, objects
        objects = {address: each for address, each in objects.items() if address not in out}


def left_out(
    found: Iterable[Outlook],
    stack: Stack,
    *,
    recovered: Set[str],
    undecided: Set[str],
) -> set[str]:
    """Return what of the recovered objects the next deploy would replace, and what may wait for all that."""
    return {
        each.address
        for each in found
        if each.blocks
        and each.address in recovered
        and (
            # Another revision than the configuration's is history: the deploy adds the right one.
            each.address.startswith(_TASK_DEFINITION)
            or not undecided.isdisjoint(stack.dependencies(each.address))
        )
    }


def _planned_upon(
    stage: LostStage, scratch: Terraform, state: Document, *, not_imported: Set[str]
) -> Plan:
    document = dict(stage.stack.document)
    document["terraform"] = stage.stack.without_backend
    document["import"] = [
        each for each in document.get("import", ()) if each["to"] not in not_imported
    ]
    # A guard against destruction would end the plan that is to show it.
    document["resource"] = {
        type_: {name: _unguarded(each) for name, each in named.items()}
        for type_, named in document["resource"].items()
    }
    (scratch.folder / FILE_NAME).write_text(json.dumps(document))
    (scratch.folder / "terraform.tfstate").write_text(dump_document(state))
    scratch.initialize()
    plan = scratch.folder / "next.tfplan"
    scratch.plan(plan)
    return scratch.show(plan)


def _unguarded(arguments: Mapping[str, Any]) -> dict[str, Any]:
    lifecycle = {
        key: value
        for key, value in (arguments.get("lifecycle") or {}).items()
        if key != "prevent_destroy"
    }
    rest = {key: value for key, value in arguments.items() if key != "lifecycle"}
    return {**rest, "lifecycle": lifecycle} if lifecycle else rest


def _effect(actions: Sequence[str]) -> Effect:
    if "delete" in actions:
        return "replaced" if "create" in actions else "destroyed"
    if "create" in actions:
        return "created"
    return "changed" if "update" in actions else "unchanged"
