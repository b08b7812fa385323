"""Gives everything back: the legacy state holds the adopted objects again, the new one forgets them.

In this order, so that an interruption leaves an object with two owners at worst, never with none.
"""

from dataclasses import dataclass, field
from pathlib import Path

from common.errors import UserError, listed, shorten
from common.progress import Progress
from imports.ownership import Holder, Owner, ownership
from imports.record import AdoptionRecord
from imports.retire import LEGACY, legacy_addresses, refuse_mismatches, refuse_other_lineage
from imports.sources.terraform_base.legacy_state import pull_legacy
from terraform.addresses import address_order
from terraform.cli import Terraform
from terraform.pulled_state import content, pull, push, put_back_pushed
from terraform.state import Document, State
from terraform.state_backups import Backup, find_backups, read_backup, write_backup
from terraform.state_surgery import held, managed_addresses, remove_addresses, restore_addresses


@dataclass(frozen=True, kw_only=True)
class Rollback:
    """What a rollback did. Both lists are empty when everything had been given back before.

    `restored` are legacy addresses, `forgotten` and `stays` addresses of the new state.
    """

    restored: tuple[str, ...]
    forgotten: tuple[str, ...]
    stays: tuple[str, ...]
    legacy_backups: tuple[Backup, ...]
    new_backup: Backup | None
    notes: tuple[str, ...]


def rollback(
    record: AdoptionRecord,
    legacy: Terraform,
    here: Terraform,
    *,
    backup_folder: Path,
    progress: Progress,
) -> Rollback:
    """Let the legacy state hold everything again, then the new state forget it; safe to run again.

    Raises UserError, and has then written nothing, when the legacy state lacks something that no
    trustworthy backup holds, or when an address holds another object than the record's. Raises it as well
    when a state that is pulled afterwards is not the one pushed.
    """
    progress("reading the new and the legacy state")
    put_back_pushed(legacy, progress)
    new = pull(here)
    old = pull_legacy(legacy)
    refuse_other_lineage(record, old, new)
    owners = ownership(record, content(old), content(new))
    refuse_mismatches(owners, record, old)

    plan = _plan(record, legacy, old, backup_folder)
    if plan.restored:
        progress(f"putting {len(plan.restored)} resources back into the legacy state")
        old = push(legacy, plan.document, backup=plan.backups[0].path)
    _refuse_unless_in_legacy(record, content(old))
    progress("the legacy state holds every object")

    gone = forget(record, here, new, backup_folder=backup_folder, progress=progress)
    return Rollback(
        restored=plan.restored,
        forgotten=gone.addresses,
        stays=gone.stays,
        legacy_backups=plan.backups,
        new_backup=gone.backup,
        notes=_notes(record, gone.stays, plan.backups),
    )


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """What the new state no longer holds, what stays in it, and the state before; None for an equal one."""

    addresses: tuple[str, ...]
    stays: tuple[str, ...]
    backup: Backup | None


def forget(
    record: AdoptionRecord,
    here: Terraform,
    new: State | None,
    *,
    backup_folder: Path,
    progress: Progress,
) -> Forgotten:
    """Take what a record adopts out of the new state, after a backup of it. Raises UserError."""
    mine = sorted(record.addresses & held(content(new)).keys(), key=address_order)
    new_backup = None
    if new is not None and mine:
        progress("writing a backup of the new state")
        new_backup = write_backup(backup_folder, f"new-{record.stage}", new)
        progress(f"taking {len(mine)} resources out of the new state")
        new = push(here, remove_addresses(new.document, set(mine)), backup=new_backup.path)
    progress("the new state holds none of them")
    return Forgotten(
        addresses=tuple(mine), stays=managed_addresses(content(new)), backup=new_backup
    )


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """The legacy state as it has to become, what that adds to it, and where it comes from."""

    document: Document = field(repr=False)
    restored: tuple[str, ...] = ()
    backups: tuple[Backup, ...] = ()


def _plan(
    record: AdoptionRecord,
    legacy: Terraform,
    old: State | None,
    folder: Path,
) -> _Plan:
    ours = legacy_addresses(record)
    before = held(old.document).keys() if old else set()
    if old is not None and ours <= before:
        return _Plan(document=old.document)
    lineage = old.lineage if old else record.legacy.lineage
    paths = find_backups(folder, LEGACY, lineage) if lineage else []
    if lineage is None or not paths:
        raise UserError(
            f"the legacy state does not hold {listed(sorted(ours - before, key=address_order))}, and no "
            f"backup of it is in {folder}: bring the backup back; nothing was changed"
        )
    if old is None:
        _refuse_without_configuration(legacy.folder)

    document: Document | None = old.document if old else None
    used = []
    # The newest has all of it, unless somebody else took a part out before it was written.
    for path in paths:
        backup, saved = read_backup(path, lineage)
        used.append(backup)
        if document is None:
            document = saved
        next_serial = (old or backup).serial + 1
        document = {**restore_addresses(document, saved, ours), "serial": next_serial}
        if not _not_in_legacy(record, document):
            break
    assert document is not None  # noqa: S101  # there is a path, told to mypy
    _refuse_unless_in_legacy(record, document)
    restored = sorted(held(document).keys() - before, key=address_order)
    return _Plan(document=document, restored=tuple(restored), backups=tuple(used))


def _not_in_legacy(record: AdoptionRecord, document: Document | None) -> list[Owner]:
    owners = ownership(record, document, None)
    return [item for item in owners if item.holder is not Holder.LEGACY]


def _refuse_unless_in_legacy(record: AdoptionRecord, document: Document | None) -> None:
    absent = [item.legacy_address for item in _not_in_legacy(record, document)]
    if absent:
        raise UserError(
            f"{listed(absent)}: neither the legacy state nor a backup of it holds the recorded object "
            "there: bring the right backup back; the new state keeps what it has"
        )


def _refuse_without_configuration(folder: Path) -> None:
    # A state pushed into a wrong folder would own everything, and nobody would look for it there.
    if not any(folder.glob("*.tf")) and not any(folder.glob("*.tf.json")):
        raise UserError(
            f"{folder} has neither a state nor Terraform files: name the legacy folder, with its "
            "configuration brought back from version control"
        )


def _notes(
    record: AdoptionRecord, stays: tuple[str, ...], backups: tuple[Backup, ...]
) -> tuple[str, ...]:
    notes = [
        f"do not deploy the stage {shorten(record.stage)} while its adoption record is there: that would "
        "adopt everything again",
        "run `terraform plan` in the legacy folder: what was changed since the adoption shows there, and "
        "its next apply would undo it",
    ]
    if stays:
        notes.append(
            f"what was never adopted stays in the new state ({len(stays)}): {listed(stays)}"
        )
    if backups:
        paths = ", ".join(str(item.path) for item in backups)
        notes.append(f"the backup still holds passwords and secrets in plain text: {paths}")
    return tuple(notes)
