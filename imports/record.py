"""The adoption record of a stage: which object becomes which address, and what the object is like.

It is made to be committed and reviewed: sorted, one fact a line, and without any secret value.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from aws.resources import RESOURCES
from common.errors import UserError, shorten
from common.files import replace_file
from common.text_files import read_json
from imports.sources.cloudformation.fate import Fate
from imports.sources.terraform_base.mapping import SHARED_ROLES

Source = Literal["base", "stack"]
"""Which old owner an object comes from: a Terraform base, or a CloudFormation stack."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class AdoptedObject(_Part):
    """An object that this project imports.

    `observed` holds the arguments that the provider read from AWS, as Terraform JSON takes them: what would
    force a replacement, or show as a change, if the configuration said otherwise. `legacy_address` is its
    address in the base, or its row's logical id in the CloudFormation stack.
    """

    address: str = Field(pattern=r"^aws_[a-z0-9_]+\.[a-z0-9_]+$")
    legacy_address: str = Field(min_length=1)
    import_id: str = Field(min_length=1)
    observed: dict[str, Any]
    source: Source = "base"

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
    """What the record was made from: a state of this version, the configuration alone, or no base."""

    source: Literal["state", "configuration", "none"]
    lineage: str | None = None
    serial: int | None = None


class StackRow(_Part):
    """A row of the CloudFormation stack. `addresses` are ours for what becomes of it here; sorted."""

    logical_id: str = Field(min_length=1)
    physical_id: str
    type: str
    verdict: Fate
    addresses: list[str] = []
    why: str = ""


class StackOrigin(_Part):
    """The CloudFormation stack that the record was made from, as it was then.

    `template_sha256` is of the deployed template (`OwnersStack.template_sha256`), `last_updated` the time of
    the last change to the stack.
    """

    arn: str = Field(pattern=r"^arn:[a-z-]+:cloudformation:[a-z0-9-]+:[0-9]{12}:stack/[^/]+/[^/]+$")
    name: str
    template_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    last_updated: str
    rows: list[StackRow]


class AdoptionRecord(_Part):
    """Everything that is known of the old owners of one stage.

    `released` and `not_covered` are the base's; those of a CloudFormation stack are among its rows.
    """

    format: Literal[1] = 1
    stage: str
    account_id: str = Field(pattern=r"^[0-9]{12}$")
    region: str
    legacy: LegacyOrigin
    adopted: list[AdoptedObject]
    released: list[ReleasedObject]
    not_covered: list[UncoveredObject]
    stack: StackOrigin | None = None

    @property
    def addresses(self) -> frozenset[str]:
        """Our addresses of the adopted objects."""
        return frozenset(item.address for item in self.adopted)

    @property
    def names(self) -> dict[str, str]:
        """The names that CloudFormation or the owner gave to what the platform would name, by address.

        Those of a base alone follow from the stage's prefix.
        """
        found = {
            item.address: item.observed.get(RESOURCES[item.type].key[-1])
            for item in (self.adopted if self.stack else ())
        }
        return {address: name for address, name in found.items() if isinstance(name, str)}

    @property
    def security_groups(self) -> dict[str, str]:
        """The ids of the adopted security groups, by the reference that a stage has in their place."""
        return {
            f"${{{item.address}.id}}": item.import_id
            for item in self.adopted
            if item.type == "aws_security_group"
        }

    def of(self, source: Source) -> "AdoptionRecord":
        """Return the part of it that one old owner gives up."""
        adopted = [item for item in self.adopted if item.source == source]
        return self.model_copy(update={"adopted": adopted})

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
    refuse_foreign(path, record, stage=stage, region=region)
    return record


def refuse_foreign(path: Path, record: AdoptionRecord, *, stage: str, region: str) -> None:
    """Raise UserError for a record of another stage or region: its names are those of other objects."""
    for what, ours, its in (("stage", stage, record.stage), ("region", region, record.region)):
        if ours != its:
            raise UserError(
                f"{path} is of the {what} {its}, and the stage file says {ours}: use the record of this "
                f"{what}, or run `python -m imports inventory` again"
            )


def _refuse_doubles(path: Path, record: AdoptionRecord) -> None:
    kinds = {
        "address": [item.address for item in record.adopted],
        "object": [f"{item.type} {item.import_id}" for item in record.adopted],
        # A row of a stack may be several objects here.
        "legacy address": [
            *(item.legacy_address for item in record.of("base").adopted),
            *(item.legacy_address for item in record.released),
            *(item.legacy_address for item in record.not_covered),
        ],
        "row": [row.logical_id for row in record.stack.rows] if record.stack else [],
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
    # What the version before does not know is written only where it says something.
    if record.stack is None:
        del document["stack"]
    else:
        document["stack"]["rows"].sort(key=lambda row: row["logical_id"])
    for item in document["adopted"]:
        if item["source"] == "base":
            del item["source"]
    for part, key in (
        ("adopted", "address"),
        ("released", "legacy_address"),
        ("not_covered", "legacy_address"),
    ):
        document[part].sort(key=lambda item: item[key])
    replace_file(path, json.dumps(document, indent=2, sort_keys=True) + "\n")
