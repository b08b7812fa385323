"""Lets the legacy state go of what is adopted: last, with a backup, and only of exactly that.

The order makes an interruption harmless: the new state holds everything before the legacy state loses
anything, and the backup is on disk before the one push that takes it all out at once.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import quote

from imports.errors import AdoptionError, shorten
from imports.files import replace_file
from imports.import_ids import import_id
from imports.legacy_object import address_order
from imports.ownership import Holder, Owner, ownership
from imports.progress import Progress
from imports.record import AdoptionRecord
from imports.state_surgery import (
    Document,
    Identify,
    differences,
    dump_document,
    held,
    managed_addresses,
    parse_document,
    remove_addresses,
)
from imports.terraform import Terraform, error_summary

LEGACY: Final = "legacy"
# A terraform that outlived its killed parent finishes its push within this time.
_LOCK_TIMEOUT = "-lock-timeout=20s"


@dataclass(frozen=True, kw_only=True)
class PulledState:
    """A state as it was pulled. Neither its text nor its content is shown: both hold secrets."""

    lineage: str
    serial: int
    text: str = field(repr=False)
    document: Document = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Backup:
    """A state on disk, with its checksum in a file of the same name and `.sha256` beside it."""

    path: Path
    sha256: str
    lineage: str
    serial: int


@dataclass(frozen=True, kw_only=True)
class Retirement:
    """What a retirement did, and what its user has to know.

    `let_go` is empty when there was nothing left to let go of. `secret_files` are the files in the legacy
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
    identify: Identify = import_id,
) -> Retirement:
    """Take the adopted and released addresses out of the legacy state; run again, it does nothing.

    `acknowledged` says that what the record does not cover may stay behind. Raises AdoptionError, and has
    then written nothing, when the new state does not hold every object, when the legacy state is another
    one or was changed by somebody else, or when something stays unacknowledged. Raises it as well when
    the state that is pulled afterwards is not the one pushed.
    """
    progress("reading the new and the legacy state")
    new = pull(here)
    old = pull(legacy)
    refuse_other_lineage(record, old, new)
    owners = ownership(record, content(old), content(new), identify=identify)
    refuse_mismatches(owners, record, old)
    _refuse_unless_here(owners)
    if old is None:
        return _without_legacy_state(record, legacy)

    ours = legacy_addresses(record)
    let_go = tuple(sorted(ours & held(old.document).keys(), key=address_order))
    stays = tuple(item for item in managed_addresses(old.document) if item not in ours)
    latest, notes = _latest_backup(backup_folder, old.lineage)
    if not let_go:
        progress("nothing is left to let go of")
        return _retirement(record, legacy, stays=stays, backup=latest, notes=notes)
    _refuse_unexplained_gaps(record, owners, old, latest, identify)
    _refuse_second_writer(record, old, latest)
    if stays and not acknowledged:
        raise AdoptionError(
            f"the record does not cover all of the legacy state, this would stay there ({len(stays)}): "
            f"{', '.join(stays)}: acknowledge it, or take it out of that state first"
        )

    progress("writing a backup of the legacy state")
    backup = write_backup(backup_folder, LEGACY, old)
    progress(f"taking {len(let_go)} resources out of the legacy state")
    push(legacy, remove_addresses(old.document, set(let_go)), backup)
    progress("the legacy state has let go; the rest of it is unchanged")
    return _retirement(record, legacy, let_go=let_go, stays=stays, backup=backup)


def legacy_addresses(record: AdoptionRecord) -> frozenset[str]:
    """Every legacy address that the record adopts or releases."""
    adopted = frozenset(item.legacy_address for item in record.adopted)
    return adopted | {item.legacy_address for item in record.released}


def listed(items: Iterable[str], *, limit: int = 10) -> str:
    """The items as they stand in a message: the first few, and how many more."""
    shown = list(items)
    more = f" and {len(shown) - limit} more" if len(shown) > limit else ""
    return ", ".join(shown[:limit]) + more


# --- reading and changing a state


def content(state: PulledState | None) -> Document | None:
    """The document of a state, if there is one."""
    return None if state is None else state.document


def pull(terraform: Terraform) -> PulledState | None:
    """The state of a folder, whatever its backend; None when there is none.

    Raises AdoptionError when it cannot be read, as after a local state file broke off.
    """
    result = terraform("state", "pull", "-no-color")
    text = result.stdout.decode("utf-8", "replace")
    if result.exit_code or not text.strip():
        _refuse_broken_file(terraform.folder)
    if result.exit_code:
        raise AdoptionError(
            f"the state of {terraform.folder} cannot be pulled: "
            f"{error_summary(result.stderr.decode('utf-8', 'replace'))}"
        )
    if not text.strip() or _is_of_nothing(text):
        return None
    document = parse_document(text, source=f"the state of {terraform.folder}")
    return PulledState(
        lineage=document["lineage"], serial=document["serial"], text=text, document=document
    )


def _is_of_nothing(text: str) -> bool:
    """Whether this is what Terraform prints of a remote state that is not there: one that never was any."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and (
        (document.get("lineage"), document.get("serial")) == ("", 0)
        and not document.get("resources")
    )


def push(
    terraform: Terraform, document: Document, backup: Backup | None, *, is_first: bool = False
) -> PulledState:
    """Put a new version of a state in place, under Terraform's lock, and return what it is then.

    `is_first`: there is none yet. Terraform draws the lineage of a first remote state itself, whatever it is
    given.
    Terraform refuses a version that is not newer than the one it has: nobody's change in the meantime is
    lost. Raises AdoptionError then, and when the state is not what was pushed.
    """
    # By standard input: the state holds secrets, and needs no file of its own.
    terraform.checked(
        "state", "push", "-no-color", _LOCK_TIMEOUT, "-", stdin=dump_document(document)
    )
    after = pull(terraform)
    if after is None:
        wrong: tuple[str, ...] = ("all of it",)
    else:
        wrong = differences(document, after.document)
    if after is None or wrong or not (is_first or after.lineage == document["lineage"]):
        saved = f"; the state as it was is in {backup.path}" if backup else ""
        raise AdoptionError(
            f"the state of {terraform.folder} is not as it was pushed, it differs in "
            f"{listed(wrong) or 'its lineage'}: find out who else writes to it{saved}"
        )
    return after


def _refuse_broken_file(folder: Path) -> None:
    path = broken_state_file(folder)
    if path is not None:
        raise AdoptionError(
            f"the state file {path} is empty or broken off, as after terraform was killed while writing "
            "it: copy the newest backup over it and run the same command again"
        )


def broken_state_file(folder: Path) -> Path | None:
    """The local state file of a folder, if it is empty or broken off; None when it is well, or not there."""
    # Terraform empties a local state file before it writes it, and takes an empty one for no state at all.
    path = _local_state_file(folder)
    if path is None:
        return None
    try:
        json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        return path
    return None


def _local_state_file(folder: Path) -> Path | None:
    name = "terraform.tfstate"
    try:
        type_, settings = _backend(folder)
        return folder / (settings.get("path") or name) if type_ == "local" else None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return folder / name


def _backend(folder: Path) -> tuple[str, Mapping[str, Any]]:
    """What the folder was initialized with; before that, what a synthesized stack says."""
    initialized = folder / ".terraform" / "terraform.tfstate"
    if initialized.exists():
        backend = json.loads(initialized.read_text())["backend"]
        return backend["type"], backend["config"]
    synthesized = json.loads((folder / "cdk.tf.json").read_text())
    ((type_, settings),) = synthesized["terraform"]["backend"].items()
    return type_, settings


# --- backups


def write_backup(folder: Path, kind: str, state: PulledState) -> Backup:
    """Write the state as it was pulled, private to its owner and flushed to disk.

    An equal one is used again. Raises AdoptionError for a different one of the same version, and when the
    folder cannot be written to.
    """
    path = folder / f"{_prefix(kind, state.lineage)}{state.serial}.tfstate"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8") if path.exists() else None
        if text is not None and not _same(text, state):
            raise AdoptionError(
                f"{path} is another state of the same version than the one to back up: move it away"
            )
        # The checksum first: a backup that has none is then never one that was interrupted.
        text = text or state.text
        digest = hashlib.sha256(text.encode()).hexdigest()
        replace_file(checksum_path(path), f"{digest}  {path.name}\n", mode=0o600)
        replace_file(path, text, mode=0o600)
        for leftover in folder.glob(f".{path.name}.*"):
            leftover.unlink()
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise AdoptionError(f"{path}: the backup cannot be written: {why}") from None
    return Backup(path=path, sha256=digest, lineage=state.lineage, serial=state.serial)


def find_backups(folder: Path, kind: str, lineage: str) -> list[Path]:
    """The backups of one state, the newest first."""
    pattern = re.compile(re.escape(_prefix(kind, lineage)) + r"([0-9]{1,18})\.tfstate")
    matches = {path: pattern.fullmatch(path.name) for path in folder.glob("*.tfstate")}
    serials = {path: int(match[1]) for path, match in matches.items() if match}
    return sorted(serials, key=serials.__getitem__, reverse=True)


def read_backup(path: Path, lineage: str) -> tuple[Backup, dict[str, Any]]:
    """A backup and the document in it.

    Raises AdoptionError when it is not what its checksum, its lineage and its name say.
    """
    try:
        saved = path.read_bytes()
        noted = checksum_path(path).read_text(encoding="utf-8").split()
    except FileNotFoundError as error:
        _refuse_backup(path, f"{Path(str(error.filename)).name} is missing")
    except (OSError, UnicodeDecodeError):
        _refuse_backup(path, "it cannot be read")
    digest = hashlib.sha256(saved).hexdigest()
    if noted[:1] != [digest]:
        _refuse_backup(path, "its checksum does not match")
    document = parse_document(saved.decode("utf-8", "replace"), source=str(path))
    serial = document["serial"]
    if document["lineage"] != lineage or not path.name.endswith(f"-{serial}.tfstate"):
        _refuse_backup(path, "it is of another lineage or serial than its name says")
    return Backup(path=path, sha256=digest, lineage=lineage, serial=serial), document


def checksum_path(path: Path) -> Path:
    """Where the checksum of a backup is, in the form `sha256sum -c` reads."""
    return path.with_name(f"{path.name}.sha256")


def _same(text: str, state: PulledState) -> bool:
    try:
        there = parse_document(text, source="the backup")
    except AdoptionError:
        return False
    # Another Terraform version prints the same state with its own version in it.
    return there["lineage"] == state.lineage and not differences(there, state.document)


def _prefix(kind: str, lineage: str) -> str:
    return f"{quote(kind, safe='')}-{quote(lineage, safe='')}-"


def _refuse_backup(path: Path, why: str) -> NoReturn:
    raise AdoptionError(f"the backup {path} cannot be trusted: {why}: bring back the original file")


# --- refusals


def refuse_other_lineage(
    record: AdoptionRecord, old: PulledState | None, new: PulledState | None
) -> None:
    """Raise AdoptionError unless the legacy state is the record's, and not the new one as well."""
    expected = record.legacy.lineage
    found = old.lineage if old else expected
    if expected is not None and found != expected:
        raise AdoptionError(
            f"the legacy state has the lineage {shorten(found)}, the record was made from "
            f"{shorten(expected)}: name the folder, or select the workspace, that the record came from"
        )
    if new is not None and new.lineage == found:
        raise AdoptionError(
            f"the new and the legacy state are the same one, of lineage {shorten(found)}: name "
            "the legacy folder"
        )


def refuse_mismatches(owners: list[Owner], record: AdoptionRecord, old: PulledState | None) -> None:
    """Raise AdoptionError when an address holds another object, or an object stands elsewhere too."""
    wrong = [owner.mismatch for owner in owners if owner.mismatch]
    if wrong:
        raise AdoptionError(
            f"{listed(wrong, limit=3)}{_moved(record, old)}: find out who changed it, then run "
            "`python -m imports inventory` again"
        )


def _moved(record: AdoptionRecord, old: PulledState | None) -> str:
    before = record.legacy.serial
    if old is None or before is None or before == old.serial:
        return ""
    return f" (the legacy state was at serial {before} when recorded, is at {old.serial} now)"


def _refuse_unless_here(owners: list[Owner]) -> None:
    absent = [item for item in owners if item.holder not in (Holder.HERE, Holder.BOTH)]
    if absent:
        names = listed(f"{item.address} ({shorten(item.import_id)})" for item in absent)
        raise AdoptionError(
            f"the new state does not hold {len(absent)} of {len(owners)} adopted objects: {names}: run "
            "`python -m imports adopt` first; the legacy state keeps them"
        )


def _refuse_second_writer(record: AdoptionRecord, old: PulledState, latest: Backup | None) -> None:
    """Somebody has used the old tool since the inventory. With a backup it may have been ourselves."""
    if latest is None and _moved(record, old):
        raise AdoptionError(
            f"somebody has written to the legacy state since the inventory{_moved(record, old)}: see what "
            "was changed, then run `python -m imports inventory` and `adopt` again"
        )


def _refuse_unexplained_gaps(
    record: AdoptionRecord,
    owners: list[Owner],
    old: PulledState,
    latest: Backup | None,
    identify: Identify,
) -> None:
    gone = [item.legacy_address for item in owners if item.holder is Holder.HERE]
    if not gone:
        return
    if latest is not None and latest.serial < old.serial:
        _, document = read_backup(latest.path, old.lineage)
        before = ownership(record, document, None, identify=identify)
        if all(item.holder is Holder.LEGACY for item in before):
            return
    raise AdoptionError(
        f"the legacy state no longer holds {listed(gone)}{_moved(record, old)}, and no backup of a "
        "retirement explains it: somebody else writes to it; check that these objects still exist, "
        "then run `python -m imports inventory` again"
    )


# --- results


def _latest_backup(folder: Path, lineage: str) -> tuple[Backup | None, tuple[str, ...]]:
    paths = find_backups(folder, LEGACY, lineage)
    if not paths:
        note = f"no backup of the legacy state is in {folder}: there is no way back from here"
        return None, (note,)
    try:
        return read_backup(paths[0], lineage)[0], ()
    except AdoptionError as error:
        return None, (str(error),)


def _without_legacy_state(record: AdoptionRecord, legacy: Terraform) -> Retirement:
    if record.legacy.lineage is not None:
        raise AdoptionError(
            f"{legacy.folder} has no state, the record was made from one of lineage "
            f"{shorten(record.legacy.lineage)}: name the legacy folder and run `terraform init` there; if "
            "its state is deleted on purpose, there is nothing to retire"
        )
    return _retirement(record, legacy, notes=("there is no legacy state to let go of anything",))


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
        "run no `terraform apply` in the legacy folder while its configuration still names what was let "
        "go: it would create all of it a second time"
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
    except (OSError, UnicodeDecodeError, AttributeError, AdoptionError):
        return True


def _deletable(
    record: AdoptionRecord, folder: Path, stays: tuple[str, ...], secret_files: tuple[str, ...]
) -> tuple[str, ...]:
    if stays:
        blocks = {address.partition("[")[0] for address in legacy_addresses(record)}
        pairs = sorted(tuple(block.rsplit(".", 1)) for block in blocks)
        return (*(f'resource "{kind}" "{name}"' for kind, name in pairs), *secret_files)
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
