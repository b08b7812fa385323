"""Terraform's state: where it is, whether an error can be undone, and whether AWS still agrees with it."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aws.client import ask, ask_unless, boto3_clients
from common.errors import UserError
from common.text_files import decode_state
from imports.workspace_record import record_at_hand
from ops.deployed import Deployed
from ops.doctor.finding import Finding, all_or, attention, fine
from ops.verdicts.drift import Drifted, find_drift
from ops.verdicts.planning import whole_stage_plan
from ops.verdicts.still_existing import refuse_lost_state
from terraform.instances import account_in
from terraform.premises import refuse_foreign_state, refuse_untrusted_state
from terraform.state_lock import cut_short, lost_object, lost_state
from terraform.stored_state import lock_of, place_of, stored
from terraform.workspace import Workspace

_NO_BUCKET = frozenset({"404", "NoSuchBucket"})


@dataclass(frozen=True, kw_only=True)
class StateFacts:
    """The state's place (`bucket` is None for a local file) and what it holds.

    `account` is the one that the stage was deployed to, None where the state does not say.
    """

    place: str
    bucket: str | None
    bucket_found: bool
    versioned: bool
    resources: int
    account: str | None
    locked: tuple[str, str] | None = None
    """Who holds the state's lock, and what to do about it."""
    doubt: str | None = None
    """Why the state may not be all that exists: it was emptied, or a run was cut short."""


def gather(deployed: Deployed) -> StateFacts:
    """Read the state.

    Raises UserError when AWS refuses and for what is no state, UntrustedStateError for one that is lost while
    AWS still has its objects, and for another project's.
    """
    facts = _stored(deployed)
    if facts.locked or facts.doubt or not facts.bucket_found:
        return facts
    if facts.resources:
        refuse_foreign_state(deployed.workspace)
        return facts
    refuse_untrusted_state(deployed.workspace)
    if record_at_hand(deployed.workspace, region=deployed.settings.region) is None:
        refuse_lost_state(deployed, facts.place)
    return facts


def _stored(deployed: Deployed) -> StateFacts:
    workspace, settings = deployed.workspace, deployed.settings
    place, bucket, versioned = place_of(workspace), None, True
    if settings.state is not None:
        bucket = settings.state.bucket
        clients = boto3_clients(region=settings.state_region)
        if ask_unless(clients, "s3", "HeadBucket", _NO_BUCKET, Bucket=bucket) is None:
            return _facts(place, bucket, bucket_found=False, versioned=False, text="")
        versioning = ask(clients, "s3", "GetBucketVersioning", Bucket=bucket)
        versioned = versioning.get("Status") == "Enabled"
    lock, lost = lock_of(workspace), None
    # A first run that is under way has not written a file yet.
    if bucket is None and not (lock and lock.may_live):
        lost = lost_state(Path(place))
    held = stored(workspace)
    if bucket is not None:
        lost = lost_object(place, held)
    text = decode_state(held, source=place) if held and not lost else ""
    return replace(
        _facts(place, bucket, bucket_found=True, versioned=versioned, text=text),
        locked=(lock.text, lock.remedy(workspace.stack_folder)) if lock else None,
        doubt=lost or cut_short(workspace.stack_folder),
    )


def judge_state(facts: StateFacts, *, account: str, stage: str, stack: str) -> list[Finding]:
    """Check whether the state can be used with these credentials, and can be had back."""
    if not facts.bucket_found:
        remedy = (
            f"python -m ops state bootstrap --stage {stage}, or correct [state] in the stage file"
        )
        return [attention("state", f"there is no bucket {facts.bucket}", remedy)]
    findings = []
    if not facts.versioned:
        findings.append(
            attention(
                "state versions",
                f"{facts.bucket} keeps no versions: a broken state could not be had back",
                f"python -m ops state bootstrap --stage {stage}",
            )
        )
    if facts.account and facts.account != account:
        findings.append(
            attention(
                "state account",
                f"the stage was deployed to account {facts.account}, the credentials are of {account}",
                "log in to the other account: export AWS_PROFILE=...",
            )
        )
    if facts.locked:
        findings.append(attention("state lock", *facts.locked))
    if facts.doubt:
        remedy = f"python -m ops recover --stage {stage} --dry-run"
        findings.append(attention("state", facts.doubt, remedy))
    elif not facts.resources:
        remedy = f"cdktf deploy {stack}"
        findings.append(attention("state", f"nothing is deployed: {facts.place} is empty", remedy))
    else:
        findings.append(fine("state", f"{facts.resources} resources in {facts.place}"))
    return findings


def gather_drift(workspace: Workspace) -> Drifted:
    """Return what a plan would change, and what of it came from outside. Takes a minute.

    Raises UserError when it cannot be planned.
    """
    return find_drift(whole_stage_plan(workspace, lambda _step: None).plan)


def judge_drift(drifted: Drifted, *, stage: str, stack: str) -> list[Finding]:
    """Check whether AWS is as the last deploy left it, and that deploy as the stage file says."""
    findings = []
    if drifted.rows:
        what = f"{len(drifted.rows)} changed outside, the first: {drifted.rows[0].what}"
        remedy = f"python -m ops drift --stage {stage} lists them"
        findings.append(attention("drift", what, remedy))
    if drifted.pending:
        what = f"not deployed yet: {drifted.pending} of the stage file's resources"
        findings.append(
            attention("pending", what, f"cdktf diff {stack}, then cdktf deploy {stack}")
        )
    return all_or(findings, fine("drift", "AWS is as the stage file says"))


def _facts(
    place: str, bucket: str | None, *, bucket_found: bool, versioned: bool, text: str
) -> StateFacts:
    try:
        document: dict[str, Any] = json.loads(text) if text.strip() else {}
        resources = [each for each in document.get("resources") or () if isinstance(each, dict)]
    except (ValueError, AttributeError, TypeError, RecursionError):
        raise UserError(
            f"{place} is not a Terraform state: restore an earlier version of it"
        ) from None
    return StateFacts(
        place=place,
        bucket=bucket,
        bucket_found=bucket_found,
        versioned=versioned,
        resources=sum(each.get("mode") == "managed" for each in resources),
        account=account_in(document),
    )
