"""States on disk, each with its checksum: written before anything is changed, and trusted only unchanged."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

from common.errors import UserError
from common.files import replace_file
from terraform.state import State, parse_document
from terraform.state_surgery import differences


@dataclass(frozen=True, kw_only=True)
class Backup:
    """A state on disk, with its checksum in a file of the same name and `.sha256` beside it."""

    path: Path
    sha256: str
    lineage: str
    serial: int


def write_backup(folder: Path, kind: str, state: State) -> Backup:
    """Write the state as it was pulled, private to its owner and flushed to disk.

    An equal one is used again. Raises UserError for a different one of the same version, and when the
    folder cannot be written to.
    """
    path = folder / f"{_prefix(kind, state.lineage)}{state.serial}.tfstate"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8") if path.exists() else None
        if text is not None and not _same(text, state):
            raise UserError(
                f"{path} is another state of the same version than the one to back up: move it away"
            )
        digest = write_with_checksum(path, text or state.text)
        for leftover in folder.glob(f".{path.name}.*"):
            leftover.unlink()
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise UserError(f"{path}: the backup cannot be written: {why}") from None
    return Backup(path=path, sha256=digest, lineage=state.lineage, serial=state.serial)


def find_backups(folder: Path, kind: str, lineage: str) -> list[Path]:
    """Return the backups of one state, the newest first."""
    pattern = re.compile(re.escape(_prefix(kind, lineage)) + r"([0-9]{1,18})\.tfstate")
    matches = {path: pattern.fullmatch(path.name) for path in folder.glob("*.tfstate")}
    serials = {path: int(match[1]) for path, match in matches.items() if match}
    return sorted(serials, key=serials.__getitem__, reverse=True)


def read_backup(path: Path, lineage: str) -> tuple[Backup, dict[str, Any]]:
    """Return a backup and the document in it.

    Raises UserError when it is not what its checksum, its lineage and its name say.
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


def write_with_checksum(path: Path, text: str) -> str:
    """Write a backup, private to its owner, and its checksum beside it, which is returned."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    # The checksum first: a backup that has none is then never one that was interrupted.
    replace_file(checksum_path(path), f"{digest}  {path.name}\n", mode=0o600)
    replace_file(path, text, mode=0o600)
    return digest


def checksum_path(path: Path) -> Path:
    """Return where the checksum of a backup is, in the form `sha256sum -c` reads."""
    return path.with_name(f"{path.name}.sha256")


def _same(text: str, state: State) -> bool:
    try:
        there = parse_document(text, source="the backup")
    except UserError:
        return False
    # Another Terraform version prints the same state with its own version in it.
    return there["lineage"] == state.lineage and not differences(there, state.document)


def _prefix(kind: str, lineage: str) -> str:
    return f"{quote(kind, safe='')}-{quote(lineage, safe='')}-"


def _refuse_backup(path: Path, why: str) -> NoReturn:
    raise UserError(f"the backup {path} cannot be trusted: {why}: bring back the original file")
