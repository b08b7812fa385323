"""The stage whose state is to be recovered: what it is to be, and what its state holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aws.client import Clients, account_of, boto3_clients
from aws.resources.route53 import public_zone
from common.errors import UserError
from common.progress import Progress
from imports.record import AdoptionRecord, record_of
from modules.settings.stage_settings import StageSettings
from terraform.cli import Terraform
from terraform.instances import attributes_of, each_addressed, each_instance
from terraform.premises import refuse_other_account
from terraform.pulled_state import broken_state_file, content, pull
from terraform.stack import Stack, read_stack
from terraform.state import Document, State
from terraform.state_lock import cut_short
from terraform.workspace import Workspace, set_default_credentials


@dataclass(frozen=True, kw_only=True)
class LostStage:
    """The stage to be recovered: its folder, what it is to be, what its state holds.

    `half_made` are addresses that an interrupted run had not waited for: Terraform marks them to be replaced,
    and here they are not. `record` is of its adoption, if it adopted something. `broken` is the local state
    file, if it was truncated while it was written: all of it is lost then.
    """

    workspace: Workspace
    terraform: Terraform
    stack: Stack
    state: Document | None = field(repr=False)
    record: AdoptionRecord | None = field(repr=False)
    broken: Path | None
    clients: Clients
    half_made: tuple[str, ...] = ()

    @property
    def default_tags(self) -> dict[str, str]:
        """The tags of every resource of the stage; none for one that adopted a base."""
        # The second one, for CloudFront, has the same tags.
        provider = self.stack.providers["aws"][0]
        return {
            key: value
            for block in provider.get("default_tags", ())
            for key, value in block["tags"].items()
        }


def open_lost_stage(workspace: Workspace, *, progress: Progress) -> LostStage:
    """Synthesize the stage and read its state.

    Raises UserError when one of them cannot be read and for half a state in a bucket.
    """
    settings = workspace.settings()
    record = record_of(
        workspace.stages_dir, workspace.stage, phase=settings.phase, region=settings.region
    )
    set_default_credentials(workspace)
    progress("synthesizing the stage")
    terraform = workspace.synthesize_alone()
    progress("reading the state")
    broken = broken_state_file(terraform.folder)
    # Terraform does not initialize upon half a file; `recover.write` does once that is put aside.
    state = None if broken else _state(terraform, settings)
    refuse_other_account(workspace, content(state))
    # What a person has marked (`terraform taint`) stays so.
    half_made = state.tainted if state and cut_short(terraform.folder) else ()
    return LostStage(
        workspace=workspace,
        terraform=terraform,
        stack=read_stack(terraform.folder),
        state=untainted(content(state)) if half_made else content(state),
        half_made=half_made,
        record=record and record.kept(shared_roles=settings.keep_shared_roles),
        broken=broken,
        clients=boto3_clients(region=settings.region),
    )


def _state(terraform: Terraform, settings: StageSettings) -> State | None:
    try:
        terraform.initialize()
        return pull(terraform)
    except UserError as error:
        if settings.state is None or "state file format" not in str(error):
            raise
        place = f"{settings.state.bucket}/{settings.state_key}"
        raise UserError(
            f"{error}: the state in the bucket cannot be read: bring back an earlier version (`python -m ops "
            f"state backups --stage {settings.stage}`, `python -m ops state restore`), or, where no version "
            f"can be read, move it aside (`aws s3 mv s3://{place} s3://{place}.unreadable`) and recover again"
        ) from None


def untainted(state: Document | None) -> Document | None:
    """Return the state with what was half made as Terraform reads and finishes it."""
    if state is None:
        return None
    resources = [
        {
            **resource,
            "instances": [
                {key: value for key, value in each.items() if (key, value) != ("status", "tainted")}
                for _, each in each_instance({"resources": [resource]})
            ],
        }
        for resource in state.get("resources") or ()
    ]
    return {**state, "resources": resources}


def held_attributes(state: Document | None) -> dict[str, Mapping[str, Any]]:
    """Return the attributes of what a state holds, data too, by address, without deposed objects."""
    return {
        address: attributes_of(instance)
        for address, resource, instance in each_addressed(state)
        if resource.get("mode") in ("managed", "data") and not instance.get("deposed")
    }


def held_ids(state: Document | None) -> frozenset[str]:
    """Return the ids of all that a state holds, deposed objects too."""
    ids = (attributes_of(instance).get("id") for _, instance in each_instance(state))
    return frozenset(id_ for id_ in ids if isinstance(id_, str))


def data_attributes(stage: LostStage) -> dict[str, Mapping[str, Any]]:
    """Return the data sources that names and places are made of, as they are now."""
    found: dict[str, Mapping[str, Any]] = {
        address: {"account_id": account_of(stage.clients)}
        for address, source in stage.stack.data.items()
        if source.type == "aws_caller_identity"
    }
    for address, source in stage.stack.data.items():
        if source.type != "aws_route53_zone":
            continue
        wanted = str(source.attributes["name"]).rstrip(".")
        zone = public_zone(stage.clients, wanted)
        if zone:
            found[address] = {"zone_id": zone, "id": zone, "name": wanted}
    return found
