"""The reviewed exceptions: what a check finds and is left as it is, each with a reason.

One file for all checks, `exceptions.toml`, a table per row:

    [[exception]]
    check = "CKV_AWS_1"              # the check's id, or several of one decision: "CKV_1, CKV_2"
    resource = "aws_lb.main"         # the Terraform address, or several; `*` stands for any run of characters
    stage = "*"                      # where it holds: a stage's name, `*` as above, or several: "dev*, prod"
    reason = "..."                   # one an auditor would accept
    payer = "..."                    # who pays, and how much, if it is closed
    tool = "zizmor"                  # whose check it is; default: checkov and our own

For zizmor and detect-secrets the resource is a file and the stage `*`.
"""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

EXCEPTIONS = Path(__file__).with_name("exceptions.toml")


Tool = Literal["checkov", "detect-secrets", "prowler", "zizmor"]


class ExceptionRow(BaseModel):
    """One row of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    check: str = Field(min_length=1)
    resource: str = Field(min_length=1)
    stage: str = Field(min_length=1)
    reason: str = Field(min_length=20)
    payer: str = Field(min_length=1)
    tool: Tool = "checkov"

    def covers(self, failure: "Failure") -> bool:
        """Return whether this row excuses a failure."""
        return (
            failure.check in _parts(self.check)
            and any(fnmatchcase(failure.resource, address) for address in _parts(self.resource))
            and any(fnmatchcase(failure.stage, stage) for stage in _parts(self.stage))
        )

    def narrowed(self) -> list["ExceptionRow"]:
        """Return the row for each of its checks, of its resources and of its stages alone."""
        return [
            *(self.model_copy(update={"check": check}) for check in _parts(self.check)),
            *(self.model_copy(update={"resource": each}) for each in _parts(self.resource)),
            *(self.model_copy(update={"stage": stage}) for stage in _parts(self.stage)),
        ]


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


@dataclass(frozen=True, kw_only=True, order=True)
class Failure:
    """What a check found. `resource` is a Terraform address, `stage` a stage's or variant's name."""

    check: str
    resource: str
    stage: str
    what: str = ""


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """Failures against rows: what nobody excused, and rows that excuse nothing with one of their parts."""

    open: tuple[Failure, ...]
    unused: tuple[ExceptionRow, ...]


def read_exceptions(path: Path = EXCEPTIONS, *, tool: Tool = "checkov") -> list[ExceptionRow]:
    """Return the rows of the file for one tool; those of checkov are also for the checks of our own.

    Raises ValueError, naming the file and the field, when one is malformed.
    """
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    try:
        rows = [ExceptionRow.model_validate(row) for row in document.get("exception", [])]
    except ValidationError as error:
        raise ValueError(f"{path}: {error}") from None
    return [row for row in rows if row.tool == tool]


def review(failures: Iterable[Failure], rows: Sequence[ExceptionRow]) -> Reviewed:
    """Lay the rows over the failures."""
    found = sorted(set(failures))
    return Reviewed(
        open=tuple(each for each in found if not any(row.covers(each) for row in rows)),
        unused=tuple(
            row
            for row in rows
            if not all(any(part.covers(each) for each in found) for part in row.narrowed())
        ),
    )
