"""The files of SQL that are to be applied, in order."""

import hashlib
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from common.errors import UserError
from ops.database.sql_text import error_in

# Hasura makes nothing but its own catalogue.
OWNERS: Final = ("supertokens", "optaplanner")

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.sql")
_NUMBER: Final = re.compile(r"\d+")


@dataclass(frozen=True, kw_only=True)
class SqlFile:
    """One file; `role` is who its objects belong to, None for the master user."""

    name: str
    text: str
    role: str | None

    @property
    def sha256(self) -> str:
        """The text's checksum, the same whatever ends a line."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_files(path: Path) -> tuple[SqlFile, ...]:
    """Return the file, or those of the folder by name.

    Raises UserError for the first that cannot be applied; then none is.
    """
    if path.is_dir():
        found = sorted(each for each in path.glob("*.sql") if not each.name.startswith("."))
        if not found:
            raise UserError(f"{path}: no file in it ends in .sql: name the folder that holds them")
        _check_order([each.name for each in found], path)
    else:
        found = [path]
    return tuple(map(_read, found))


def _read(path: Path) -> SqlFile:
    if path.suffix != ".sql":
        raise UserError(
            f"{path}: not a file of SQL: allowed: a name that ends in .sql, or a folder"
        )
    if not _NAME.fullmatch(path.name):
        raise UserError(
            f"{path}: a name that psql could misread: allowed: letters, digits, dots, hyphens and "
            "underscores: rename it"
        )
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}): name a file of SQL") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: not text in UTF-8: save it in that encoding") from None
    if "\0" in text:
        raise UserError(f"{path}: it holds a zero byte, which is no text: save it as UTF-8")
    wrong = error_in(text)
    if wrong:
        raise UserError(f"{path}: {wrong}")
    return SqlFile(name=path.name, text=text, role=role_of(path.name))


def role_of(name: str) -> str | None:
    """Return the role that a file's name has among its words: that role runs it, and owns what it makes."""
    words = re.split(r"[^a-z0-9]+", name.lower())
    return next((role for role in OWNERS if role in words), None)


def _check_order(names: list[str], folder: Path) -> None:
    """Refuse numbers that the alphabet takes in another order, as 10 before 2."""
    numbered = [(int(match[0]), name) for name in names if (match := _NUMBER.match(name))]
    for (number, name), (following, other) in pairwise(numbered):
        if following < number:
            raise UserError(
                f"{folder}: {name} comes before {other} by name: give their numbers the same length"
            )
