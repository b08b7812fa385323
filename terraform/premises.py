"""What a verdict on a stage stands on: which plan, of which state - and when that is nothing to stand on."""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

from aws.client import account_of, boto3_clients
from common.errors import UserError
from common.text_files import decode_state
from terraform.cli import Terraform
from terraform.instances import account_in
from terraform.plan import Plan
from terraform.pulled_state import content, pull
from terraform.state import Document, StateObject, parse_state
from terraform.state_lock import (
    StateLock,
    cut_short,
    lost_object,
    lost_state,
)
from terraform.state_surgery import managed_addresses
from terraform.stored_state import lock_of, place_of, stored
from terraform.whole_plan import (
    adopts,
    disagrees_with,
    not_of_a_stage,
    notes,
    of_another_stage,
    prior_ids,
    unseen,
)
from terraform.workspace import Workspace, set_default_credentials


class UntrustedStateError(UserError):
    """The stage's state is nothing that a verdict can stand on."""


@dataclass(frozen=True, kw_only=True)
class StateSeen:
    """A state that was looked at. `serial` and `lineage` are None where there is none yet."""

    place: str
    serial: int | None
    lineage: str | None
    objects: int


@dataclass(frozen=True, kw_only=True)
class Compared:
    """The state that a given plan was held against: its place, or why it could not be asked; or neither."""

    place: str | None = None
    unasked: str | None = None


@dataclass(frozen=True, kw_only=True)
class Premises:
    """What a verdict looked at; `plan` is a file, or None for one that was made for it.

    `state` is None where the plan is one in JSON: that was held against the objects of the state at
    `compared_with`, if there is one to be read. `objects` counts what the plan's own state holds, `made_at`
    is when the plan was made, as far as it says. `notes` say what the verdict does not speak of.
    """

    plan: str | None
    made_at: str | None
    state: StateSeen | None
    objects: int
    adopts: bool
    notes: tuple[str, ...] = ()
    compared_with: str | None = None

    @property
    def objects_in_state(self) -> int:
        """How many objects the state holds, as far as it is known."""
        return self.state.objects if self.state else self.objects

    @property
    def is_of_nothing(self) -> bool:
        """Whether the plan is of a state that was asked and holds nothing, and adopts nothing."""
        return self.state is not None and not self.state.objects and not self.adopts

    @property
    def text(self) -> str:
        """The same in one sentence."""
        made = f" (made {self.made_at})" if self.plan and self.made_at else ""
        plan = f"the plan in {self.plan}{made}" if self.plan else "a plan made now"
        if self.state is None:
            compared = (
                f"the same objects and values as in the state {self.compared_with}, whose lineage a plan in "
                "JSON does not tell; AWS was not asked"
                if self.compared_with
                else "the state itself was not asked"
            )
            return f"looked at: {plan}, of {self.objects} objects; {compared}"
        if self.is_of_nothing:
            return (
                f"looked at: {plan}; the state {self.state.place}, which holds nothing; AWS, which has no "
                "database, service, secret or data bucket under this stage's names"
            )
        if self.state.serial is None:
            return f"looked at: {plan}; there is no state yet at {self.state.place}"
        return (
            f"looked at: {plan}, upon the state {self.state.place} (serial {self.state.serial}, "
            f"{self.state.objects} objects)"
        )


def refuse_untrusted_state(workspace: Workspace) -> None:
    """Raise UntrustedStateError for a state that is emptied, truncated, locked, missing or cut short.

    Terraform takes an empty file for a new stage, and an old lock in a folder does not stop it. What an
    interrupted run has made may exist in AWS and not in the state.
    """
    settings = workspace.settings()
    recover = f"python -m ops recover --stage {workspace.stage}"
    _refuse_cut_short(workspace)
    if settings.state is not None:
        set_default_credentials(workspace)
        gone = lost_object(place_of(workspace), stored(workspace))
        if gone:
            backups = f"python -m ops state backups --stage {workspace.stage}"
            raise UntrustedStateError(f"{gone}: `{backups}` lists them, `{recover}` does without")
        _refuse_lock(workspace, lock_of(workspace), recover)
        refuse_foreign_state(workspace)
        return
    path = workspace.state_folder / settings.local_state
    lock = lock_of(workspace)
    # A first run that is under way has not written it yet.
    lost = None if lock and lock.may_live else lost_state(path)
    if lost is not None:
        raise UntrustedStateError(f"{lost}: run `{recover}`")
    backup = path.with_name(f"{path.name}.backup")
    if not path.exists() and backup.exists():
        raise UntrustedStateError(
            f"there is no state at {path}, and {backup.name} beside it holds one: run `{recover}`, or put "
            "the backup in its place"
        )
    # The lock that was seen before: the state was not looked at because of it.
    _refuse_lock(workspace, lock, recover)
    refuse_foreign_state(workspace)


def refuse_foreign_state(workspace: Workspace) -> None:
    """Raise UntrustedStateError for a state that holds what no stage has.

    Terraform would ask for the providers of those objects, and then plan to delete them.
    """
    place = place_of(workspace)
    try:
        held = _objects(stored(workspace) or b"", place)
    except UserError:
        return  # what is wrong with it, whoever reads it next tells
    foreign = next(filter(None, map(not_of_a_stage, held)), None)
    if foreign:
        raise UntrustedStateError(
            f"the state {place} is another project's: {foreign}: look at [state] in the stage file, or put "
            "this stage's own state there"
        )


def _refuse_cut_short(workspace: Workspace) -> None:
    unknown = cut_short(workspace.stack_folder)
    if unknown is not None:
        recover = f"python -m ops recover --stage {workspace.stage}"
        raise UntrustedStateError(f"{unknown}: run `{recover}`, then ask again")


def _refuse_lock(workspace: Workspace, lock: StateLock | None, recover: str) -> None:
    if lock is None:
        return
    remedy = lock.remedy(workspace.stack_folder)
    raise UntrustedStateError(
        f"the state is locked, so a run may have ended half way: {lock.text}: {remedy}; then "
        f"`{recover} --dry-run` tells what is missing"
    )


def state_seen(workspace: Workspace, terraform: Terraform) -> StateSeen:
    """Return the state that a plan in the stage's folder is made of.

    Raises UserError when it cannot be read, and when it is of another AWS account than the credentials.
    """
    state = pull(terraform)
    refuse_other_account(workspace, content(state))
    return StateSeen(
        place=place_of(workspace),
        serial=state.serial if state else None,
        lineage=state.lineage if state else None,
        objects=len(managed_addresses(state.document if state else None)),
    )


def refuse_other_account(workspace: Workspace, state: Document | None) -> None:
    """Raise UserError for a state of another AWS account: there every object looks deleted."""
    account = account_in(state)
    if account is None:
        return
    set_default_credentials(workspace)
    ours = account_of(boto3_clients(region=workspace.settings().region))
    if account != ours:
        raise UserError(
            f"the stage was deployed to account {account}, the credentials are of {ours}: log in to the "
            "other account (AWS_PROFILE, AWS_ENDPOINT_URL)"
        )


def premises(
    plan: Plan,
    *,
    file: Path | None,
    state: StateSeen | None,
    compared: Compared | None = None,
) -> Premises:
    """Return what a verdict on this plan looked at."""
    return Premises(
        plan=str(file) if file else None,
        made_at=plan.made_at,
        state=state,
        objects=len(prior_ids(plan)),
        adopts=adopts(plan),
        notes=(*notes(plan), *((compared.unasked,) if compared and compared.unasked else ())),
        compared_with=compared.place if compared else None,
    )


def refuse_foreign_plan(workspace: Workspace, plan: Plan, file: Path) -> Compared:
    """Return which state a given plan was held against: the file that is here, or the one in S3.

    Raises UserError for a plan of another stage, or of another state.
    """
    settings = workspace.settings()
    foreign = of_another_stage(plan, settings)
    if foreign:
        raise UserError(
            f"{file}: not a plan of stage {workspace.stage}: {foreign}: name this stage's plan, or leave "
            "--plan out"
        )
    place = place_of(workspace)
    try:
        refuse_untrusted_state(workspace)
        text = stored(workspace)
    except UntrustedStateError:
        raise
    except UserError as error:  # whoever judges a plan in JSON may have no access to the bucket
        return Compared(unasked=f"not looked at: the state {place}, which cannot be read: {error}")
    if text is None and settings.state is None:
        return Compared()
    held = _objects(text, place) if text else {}
    stale = disagrees_with(plan, held)
    if stale:
        raise UserError(f"{file}: made of another state than {place}: {stale}: plan again")
    says_nothing = held and not prior_ids(plan)
    return Compared(place=None if says_nothing else place)


def refuse_stale_plan(file: Path, state: StateSeen) -> None:
    """Raise UserError for a plan file of Terraform's that was made of another state, or of an older one."""
    lineage, serial = _planned_upon(file)
    if (lineage or None, serial or 0) == (state.lineage, state.serial or 0):
        return
    if lineage == state.lineage:
        what = f"it was made upon serial {serial} of the state, which is at {state.serial} now"
    else:
        what = f"it was made of another state than {state.place}"
    raise UserError(f"{file}: {what}: plan again")


def refuse_half_plan(plan: Plan, file: Path | None) -> None:
    """Raise UserError for a plan that does not tell all."""
    half = unseen(plan)
    if half:
        raise UserError(f"{file}: {half}" if file else half)


def _planned_upon(file: Path) -> tuple[str, int]:
    """Return the lineage and the serial of the state in a plan file."""
    try:
        with zipfile.ZipFile(file) as archive:
            document = json.loads(archive.read("tfstate"))
            return str(document["lineage"]), int(document["serial"])
    except (OSError, ValueError, LookupError, TypeError, zipfile.BadZipFile, RecursionError):
        raise UserError(f"{file}: not a whole plan file: plan again") from None


def _objects(text: bytes, place: str) -> dict[str, StateObject]:
    """Return the objects of a state by address; deposed ones are left out."""
    state = parse_state(decode_state(text, source=place), source=place)
    return {each.address: each for each in state.objects}
