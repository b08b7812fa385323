"""The adoption record of a stage: which object becomes which address, and what the object is like.

It is made to be committed and reviewed: sorted, one fact a line, and without any secret value.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common.errors import UserError, shorten
from common.files import replace_file
from common.text_files import read_json
from imports.sources.terraform_base.mapping import SHARED_ROLES


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class AdoptedObject(_Part):
    """An object that this project imports.

    `observed` holds the arguments that the provider read from AWS, as Terraform JSON takes them: what would
    force a replacement, or show as a change, if the configuration said otherwise.
    """

    address: str = Field(pattern=r"^aws_[a-z0-9_]+\.[a-z0-9_]+$")
    legacy_address: str = Field(min_length=1)
    import_id: str = Field(min_length=1)
    observed: dict[str, Any]

    @property
    def type(self) -> str:
        """The resource's type."""
        return self.address.partition(".")[0]

    @property
    def name(self) -> str:
        """The resource's name within its type."""
        return self.address.partition(".")[2]


class ReleasedObject(_Part):
    """A legacy resource that is forgotten without being adopted."""

    legacy_address: str
    reason: str


class UncoveredObject(_Part):
    """A legacy resource that is the user's own and stays in the legacy state."""

    legacy_address: str
    type: str


class LegacyOrigin(_Part):
    """What the record was made from: a state of this version, or the configuration alone."""

    source: Literal["state", "configuration"]
    lineage: str | None = None
    serial: int | None = None


class AdoptionRecord(_Part):
    """Everything that is known of the legacy base of one stage."""

    format: Literal[1] = 1
    stage: str
    account_id: str = Field(pattern=r"^\d{12}$")
    region: str
    legacy: LegacyOrigin
    adopted: list[AdoptedObject]
    released: list[ReleasedObject]
    not_covered: list[UncoveredObject]

    @property
    def addresses(self) -> frozenset[str]:
        """Our addresses of the adopted objects."""
        return frozenset(item.address for item in self.adopted)

    def kept(self, *, shared_roles: bool) -> "AdoptionRecord":
        """Return what of it a stage still binds: all, or all but the roles that it no longer keeps."""
        if shared_roles:
            return self
        kept = [item for item in self.adopted if item.address not in SHARED_ROLES]
        return self.model_copy(update={"adopted": kept})


def record_path(stages_dir: Path, stage: str) -> Path:
    """Return where the record of a stage is."""
    return stages_dir / f"{stage}.adoption.json"


def read_record(path: Path) -> AdoptionRecord | None:
    """Return the record at `path`, or None when there is none.

    Raises UserError for one that cannot be read, or that names an address or an object twice.
    """
    if not path.exists():
        return None
    document = read_json(
        path,
        wanted="an adoption record",
        remedy="restore it from version control, or run `python -m imports inventory` again",
    )
    try:
        record = AdoptionRecord.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UserError(
            f"{path}: not an adoption record: {where}: {first['msg']}, found "
            f"{shorten(first['input'])}: run `python -m imports inventory` again"
        ) from None
    _refuse_doubles(path, record)
    return record


def record_of(stages_dir: Path, stage: str, *, phase: str, region: str) -> AdoptionRecord | None:
    """Return the record that goes with a stage's settings; None for a stage that adopts nothing.

    Raises UserError for a record of another stage or region, and for phase `adopt` without one.
    """
    path = record_path(stages_dir, stage)
    record = read_record(path)
    if record is None:
        if phase == "adopt":
            raise UserError(
                f'stage {stage} is in phase "adopt" and has no adoption record: run `python -m imports '
                f"inventory --stage {stage} --legacy DIR`, which writes {path}"
            )
        return None
    for what, ours, its in (("stage", stage, record.stage), ("region", region, record.region)):
        if ours != its:
            raise UserError(
                f"{path} is of the {what} {its}, and the stage file says {ours}: use the record of this "
                f"{what}, or run `python -m imports inventory` again"
            )
    return record


def _refuse_doubles(path: Path, record: AdoptionRecord) -> None:
    kinds = {
        "address": [item.address for item in record.adopted],
        "object": [f"{item.type} {item.import_id}" for item in record.adopted],
        "legacy address": [
            *(item.legacy_address for item in record.adopted),
            *(item.legacy_address for item in record.released),
            *(item.legacy_address for item in record.not_covered),
        ],
    }
    for kind, values in kinds.items():
        for value, count in Counter(values).items():
            if count > 1:
                raise UserError(
                    f"{path}: the {kind} {value} is there {count} times: each belongs in the record "
                    "once; run `python -m imports inventory` again"
                )


def write_record(path: Path, record: AdoptionRecord) -> None:
    """Write the record, sorted, as a whole or not at all."""
    document = record.model_dump(mode="json")
    for part, key in (
        ("adopted", "address"),
        ("released", "legacy_address"),
        ("not_covered", "legacy_address"),
    ):
        document[part].sort(key=lambda item: item[key])
    replace_file(path, json.dumps(document, indent=2, sort_keys=True) + "\n")
