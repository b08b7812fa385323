"""Plans the next deploy upon a state with found objects in it, in a folder that is thrown away."""

import json
from collections.abc import Mapping, Set
from typing import Any, Final

from imports.state_surgery import Document, dump_document
from imports.terraform import Terraform
from ops.recovery.reading import ReadObject, without_backend
from ops.recovery.recovered_state import with_objects, with_outputs
from ops.recovery.recovery_stage import Stage
from ops.recovery.recovery_verdict import Outlook, outlook

_TASK_DEFINITION: Final = "aws_ecs_task_definition."


def judged(
    stage: Stage,
    scratch: Terraform,
    objects: dict[str, ReadObject],
) -> tuple[Document, tuple[Outlook, ...], dict[str, ReadObject]]:
    """The state with the objects, and the next deploy's plan upon it."""
    version = json.loads(scratch.checked("version", "-json"))["terraform_version"]
    while True:
        state = with_objects(stage.state, objects, stage.document, terraform_version=version)
        plan = _planned_upon(stage, scratch, state, recovered=objects.keys())
        found = outlook(plan, recovered=objects.keys())
        # Another revision than the configuration's is history: the deploy adds the right one.
        older = {
            each.address
            for each in found
            if each.blocks and each.address.startswith(_TASK_DEFINITION)
        }
        if not older:
            return with_outputs(state, plan), found, objects
        objects = {address: each for address, each in objects.items() if address not in older}


def _planned_upon(
    stage: Stage, scratch: Terraform, state: Document, *, recovered: Set[str]
) -> dict[str, Any]:
    document = dict(stage.document)
    document["terraform"] = without_backend(document)
    document["import"] = [
        each for each in document.get("import", ()) if each["to"] not in recovered
    ]
    # A guard against destruction would end the plan that is to show it.
    document["resource"] = {
        type_: {name: _unguarded(each) for name, each in named.items()}
        for type_, named in document["resource"].items()
    }
    (scratch.folder / "cdk.tf.json").write_text(json.dumps(document))
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
