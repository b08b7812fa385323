"""Removes from the legacy state what is adopted: last, with a backup, and only of exactly that.

The order makes an interruption harmless: the new state holds everything before the legacy state loses
anything, and the backup is on disk before the one push that takes it all out at once.
Longer than others: each refusal stands beside what it protects.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from common.errors import UserError, listed, shorten
from common.progress import Progress
from imports.ownership import Holder, Owner, ownership, second_base
from imports.record import AdoptionRecord
from imports.sources.terraform_base.legacy_state import pull_legacy
from terraform.addresses import address_order, resource_blocks
from terraform.cli import Terraform
from terraform.pulled_state import content, pull, push, put_back_pushed
from terraform.state import State, parse_document
from terraform.state_backups import Backup, find_backups, read_backup, write_backup
from terraform.state_surgery import held, managed_addresses, places, remove_addresses

LEGACY: Final = "legacy"


@dataclass(frozen=True, kw_only=True)
class Retirement:
    """What a retirement did, and what its user has to know.

    `let_go` is empty when nothing was left to remove. `secret_files` are the files in the legacy
    folder that still hold the state as it was.
    """

    let_go: tuple[str, ...]
    stays: tuple[str, ...]
    backup: Backup | None
    secret_files: tuple[str, ...]
    delete_from_version_control: tuple[str, ...]
    notes: tuple[str, ...]


def retire(
    record: AdoptionRecord,
    legacy: Terraform,
    here: Terraform,
    *,
    backup_folder: Path,
    acknowledged: bool,
    progress: Progress,
    other_workspaces: Mapping[str, Terraform] = MappingProxyType({}),
) -> Retirement:
    """Take the adopted and released addresses out of the legacy state; run again, it does nothing.

    `acknowledged` says that what the record does not cover may stay behind. `other_workspaces` are those of
    the legacy folder by name, where none of the adopted objects may be. Raises UserError, and has
    then written nothing, when the new state does not hold every object, when the legacy state is another
    one or was changed by somebody else, or when something stays unacknowledged. Raises it as well when
    the state that is pulled afterwards is not the one pushed.
    """
    progress("reading the new and the legacy state")
    put_back_pushed(legacy, progress)
    new = pull(here)
    old = pull_legacy(legacy)
    refuse_other_lineage(record, old, new)
    owners = ownership(record, content(old), content(new))
    latest, notes = _latest_backup(backup_folder, old.lineage) if old else (None, ())
    # Only one that was retired before: else the object may have been replaced, and ours be gone.
    again = {each.legacy_address for each in owners if each.made_again} if latest else set()
    refuse_mismatches([each for each in owners if each.legacy_address not in again], record, old)
    refuse_unless_here(owners)
    for name, terraform in other_workspaces.items():
        _refuse_other_owner(record, name, terraform)
    if old is None:
        return _without_legacy_state(record, legacy)

    ours = legacy_addresses(record) - again
    let_go = tuple(sorted(ours & held(old.document).keys(), key=address_order))
    stays = tuple(item for item in managed_addresses(old.document) if item not in ours)
    if not let_go:
        progress("nothing is left to remove from the old state")
        beside = _beside(owners, again)
        return _retirement(record, legacy, stays=stays, backup=latest, notes=(*beside, *notes))
    _refuse_unexplained_gaps(record, owners, old, latest)
    _refuse_second_writer(record, old, latest)
    if stays and not acknowledged:
        if again:
            raise UserError(str(second_base(owners, holds_released=True)))
        raise UserError(
            f"the record does not cover all of the legacy state, this would stay there ({len(stays)}): "
            f"{', '.join(stays)}: leave it there with --acknowledge"
        )

    progress("writing a backup of the legacy state")
    backup = write_backup(backup_folder, LEGACY, old)
    progress(f"removing {len(let_go)} resources from the old state")
    rest = remove_addresses(old.document, set(let_go))
    push(legacy, rest, backup=backup.path)
    progress("the rest of the old state is unchanged")
    return _retirement(
        record,
        legacy,
        let_go=let_go,
        stays=stays,
        backup=backup,
        notes=_beside(ownership(record, rest, content(new)), again),
    )


def legacy_addresses(record: AdoptionRecord) -> frozenset[str]:
    """Return every legacy address that the record adopts or releases."""
    adopted = frozenset(item.legacy_address for item in record.adopted)
    return adopted | {item.legacy_address for item in record.released}


# --- refusals


def refuse_other_lineage(record: AdoptionRecord, old: State | None, new: State | None) -> None:
    """Raise UserError unless the legacy state is the record's, and not the new one as well."""
    expected = record.legacy.lineage
    found = old.lineage if old else expected
    if expected is not None and found != expected:
        raise UserError(
            f"the legacy state has the lineage {shorten(found)}, the record was made from "
            f"{shorten(expected)}: name the folder that the record came from, or its workspace with "
            "--workspace"
        )
    if new is not None and new.lineage == found:
        raise UserError(
            f"the new and the legacy state are the same one, of lineage {shorten(found)}: name "
            "the legacy folder"
        )


def refuse_mismatches(owners: list[Owner], record: AdoptionRecord, old: State | None) -> None:
    """Raise UserError when an address holds another object, or an object is elsewhere too."""
    wrong = [owner.mismatch for owner in owners if owner.mismatch]
    if wrong:
        raise UserError(
            f"{listed(wrong, limit=3)}{_moved(record, old)}: find out who changed it, then run "
            "`python -m imports inventory` again"
        )


def _moved(record: AdoptionRecord, old: State | None) -> str:
    before = record.legacy.serial
    if old is None or before is None or before == old.serial:
        return ""
    return f" (the legacy state was at serial {before} when recorded, is at {old.serial} now)"


def refuse_unless_here(owners: list[Owner]) -> None:
    """Raise UserError unless the new state holds every object."""
    absent = [item for item in owners if item.holder not in (Holder.HERE, Holder.BOTH)]
    if absent:
        names = listed(f"{item.address} ({shorten(item.import_id)})" for item in absent)
        raise UserError(
            f"the new state does not hold {len(absent)} of {len(owners)} adopted objects: {names}: run "
            "`python -m imports adopt` first; the old owner keeps them"
        )


def _refuse_other_owner(record: AdoptionRecord, workspace: str, terraform: Terraform) -> None:
    found = places(content(pull(terraform)))
    owned = [
        place for item in record.adopted for place in found.get((item.type, item.import_id), [])
    ]
    if not owned:
        return
    remedy = f"run the same command with `--workspace {workspace}`"
    if record.legacy.lineage is not None:  # that state is another one than the record's
        remedy = (
            f"if they belong to this stage alone, let `TF_WORKSPACE={workspace} terraform state rm ADDRESS` "
            "take each out of it, which destroys nothing; until then run no `terraform apply` or `destroy` "
            "there"
        )
    raise UserError(
        f"the Terraform workspace {workspace} of {terraform.folder} still owns {len(owned)} adopted objects: "
        f"{listed(owned)}: {remedy}"
    )


def _refuse_second_writer(record: AdoptionRecord, old: State, latest: Backup | None) -> None:
    """Somebody has used the old tool since the inventory. With a backup it may have been ourselves."""
    if latest is None and _moved(record, old):
        raise UserError(
            f"somebody has written to the legacy state since the inventory{_moved(record, old)}: see what "
            "was changed, then run `python -m imports inventory` and `adopt` again"
        )


def _refuse_unexplained_gaps(
    record: AdoptionRecord,
    owners: list[Owner],
    old: State,
    latest: Backup | None,
) -> None:
    gone = [item.legacy_address for item in owners if item.holder is Holder.HERE]
    if not gone:
        return
    if latest is not None and latest.serial < old.serial:
        _, document = read_backup(latest.path, old.lineage)
        before = ownership(record, document, None)
        if all(item.holder is Holder.LEGACY for item in before):
            return
    raise UserError(
        f"the legacy state no longer holds {listed(gone)}{_moved(record, old)}, and no backup of a "
        "retirement explains it: somebody else writes to it; check that these objects still exist, "
        "then run `python -m imports inventory` again"
    )


# --- results


def _beside(owners: list[Owner], again: Set[str]) -> tuple[str, ...]:
    """Say what stays of a second base, once nothing of this stage's is beside it."""
    second = second_base(owners) if again else None
    return (second,) if second else ()


def _latest_backup(folder: Path, lineage: str) -> tuple[Backup | None, tuple[str, ...]]:
    paths = find_backups(folder, LEGACY, lineage)
    if not paths:
        note = f"no backup of the legacy state is in {folder}: there is no way back from here"
        return None, (note,)
    try:
        return read_backup(paths[0], lineage)[0], ()
    except UserError as error:
        return None, (str(error),)


def _without_legacy_state(record: AdoptionRecord, legacy: Terraform) -> Retirement:
    if record.legacy.lineage is not None:
        raise UserError(
            f"{legacy.folder} has no state, the record was made from one of lineage "
            f"{shorten(record.legacy.lineage)}: name the legacy folder and run `terraform init` there; if "
            "its state is deleted on purpose, there is nothing to retire"
        )
    return _retirement(record, legacy, notes=("there is no legacy state to remove anything from",))


def _retirement(
    record: AdoptionRecord,
    legacy: Terraform,
    *,
    let_go: tuple[str, ...] = (),
    stays: tuple[str, ...] = (),
    backup: Backup | None = None,
    notes: tuple[str, ...] = (),
) -> Retirement:
    secret_files = _secret_files(legacy.folder, legacy_addresses(record))
    secret = [*([str(backup.path)] if backup else []), *secret_files]
    warnings = [*notes]
    if secret:
        warnings.append(
            f"these files hold passwords and secrets in plain text: {', '.join(secret)}: keep the backup "
            "where only you can read it, delete all of them when no way back is needed, and change every "
            "secret whose file was ever committed"
        )
    warnings.append(
        "run no `terraform apply` in the legacy folder while its configuration still names what was "
        "removed from the state: it would create all of it a second time"
    )
    return Retirement(
        let_go=let_go,
        stays=stays,
        backup=backup,
        secret_files=secret_files,
        delete_from_version_control=_deletable(record, legacy.folder, stays, secret_files),
        notes=tuple(warnings),
    )


def _secret_files(folder: Path, ours: frozenset[str]) -> tuple[str, ...]:
    patterns = ("*.tfstate", "*.tfstate.*", "*.backup", "terraform.tfstate.d/**/*.tfstate*")
    paths = {path for pattern in patterns for path in folder.glob(pattern)}
    return tuple(
        sorted(
            path.relative_to(folder).as_posix()
            for path in paths
            if path.is_file() and not path.name.endswith(".lock.info") and _may_hold(path, ours)
        )
    )


def _may_hold(path: Path, ours: frozenset[str]) -> bool:
    try:
        text = path.read_text(encoding="utf-8")
        document = parse_document(text, source=path.name) if text else {}
        outputs = (document.get("outputs") or {}).values()
        return bool(ours & held(document).keys()) or any(item.get("sensitive") for item in outputs)
    except (OSError, UnicodeDecodeError, AttributeError, UserError):
        return True


def _deletable(
    record: AdoptionRecord, folder: Path, stays: tuple[str, ...], secret_files: tuple[str, ...]
) -> tuple[str, ...]:
    if stays:
        return (*resource_blocks(legacy_addresses(record)), *secret_files)
    patterns = (
        "*.tf",
        "*.tf.json",
        "*.tfvars",
        "*.tfvars.json",
        "*.tfstate",
        ".terraform.lock.hcl",
    )
    names = {path.name for pattern in patterns for path in folder.glob(pattern)}
    return tuple(sorted(names | set(secret_files)))
