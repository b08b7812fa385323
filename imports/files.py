"""Writes files as a whole or not at all."""

import os
import tempfile
from pathlib import Path

from imports.errors import AdoptionError


def replace_file(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Put `text` in the place of the file at `path` in one step.

    Raises AdoptionError when the folder cannot be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise AdoptionError(f"{path}: cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except OSError as error:
        raise AdoptionError(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        Path(name).unlink(missing_ok=True)  # there only when it did not get its place
