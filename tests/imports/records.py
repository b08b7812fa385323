"""The legacy base as record, stack and plan, from the state that a real apply of it wrote."""

import copy
import json
import os
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePath
from typing import Any

from imports.bind import bind
from imports.gate import Ruling, Verdict, judge_adoption
from imports.inventory import Decision, decide
from imports.observe import observed_arguments
from imports.record import (
    AdoptedObject,
    AdoptionRecord,
    LegacyOrigin,
    ReleasedObject,
    UncoveredObject,
    record_path,
    write_record,
)
from imports.stage_file import stage_file
from modules.settings.stage_files import parse_stage
from modules.settings.stage_settings import StageSettings
from synth.bindings import accelerate
from terraform.plan import Plan
from terraform.stack import Stack
from terraform.state import State, parse_state
from tests.answer import Answer

STATE_FILE = Path(__file__).parent.parent / "legacy" / "applied_state.json"
STAGE = "live"
ACCOUNT = "123456789012"
REGION = "us-east-1"


@cache
def legacy_state() -> State:
    """The state of the applied base."""
    return parse_state(STATE_FILE.read_text(), source="the applied base")


@cache
def decisions() -> list[Decision]:
    """What becomes of each resource of the base."""
    objects = legacy_state().objects
    return decide(
        objects,
        attributes={item.address: item.attributes for item in objects},
        errors={},
    )


@cache
def attributes() -> dict[str, dict[str, Any]]:
    """The state's attributes of what is adopted, by our address."""
    by_legacy = {item.address: dict(item.attributes) for item in legacy_state().objects}
    return {
        str(decision.address): by_legacy[decision.legacy_address]
        for decision in decisions()
        if decision.verdict == "adopt"
    }


@cache
def base_record() -> AdoptionRecord:
    """The record of the base; the state holds what the provider reads from AWS."""
    adopted = [
        AdoptedObject(
            address=str(decision.address),
            legacy_address=decision.legacy_address,
            import_id=str(decision.import_id),
            observed=observed_arguments(decision.type, attributes()[str(decision.address)]),
        )
        for decision in decisions()
        if decision.verdict == "adopt"
    ]
    released = [
        ReleasedObject(legacy_address=decision.legacy_address, reason=decision.why)
        for decision in decisions()
        if decision.verdict == "release"
    ]
    origin = LegacyOrigin(source="state", lineage=legacy_state().lineage, serial=59)
    return a_record(*adopted, stage=STAGE, legacy=origin, released=released)


def a_record(*adopted: AdoptedObject, **facts: Any) -> AdoptionRecord:
    """A record of these objects."""
    return AdoptionRecord(
        **{
            "stage": "dev",
            "account_id": ACCOUNT,
            "region": REGION,
            "legacy": LegacyOrigin(source="configuration"),
            "released": [],
            "not_covered": [],
            **facts,
        },
        adopted=list(adopted),
    )


def an_object(address: str, import_id: str, **observed: Any) -> AdoptedObject:
    """An adopted object."""
    return AdoptedObject(
        address=address, legacy_address=address, import_id=import_id, observed=observed
    )


def uncovered(legacy_address: str) -> UncoveredObject:
    """A resource of the user's own."""
    return UncoveredObject(
        legacy_address=legacy_address, type=legacy_address.split(".", maxsplit=1)[0]
    )


def adopted(record: AdoptionRecord, address: str) -> AdoptedObject:
    """The record's object at an address."""
    (item,) = (item for item in record.adopted if item.address == address)
    return item


def observing(record: AdoptionRecord, address: str, **observed: Any) -> AdoptionRecord:
    """The record with other observations of one object; None: not observed."""

    def seen(item: AdoptedObject) -> AdoptedObject:
        if item.address != address:
            return item
        merged = {**item.observed, **observed}
        kept = {key: value for key, value in merged.items() if value is not None}
        return item.model_copy(update={"observed": kept})

    return record.model_copy(update={"adopted": [seen(item) for item in record.adopted]})


def settings_of(phase: str) -> StageSettings:
    """The settings of the stage file that an inventory of the base writes, in a later phase or this one."""
    text = stage_file(
        {item.address: item.observed for item in base_record().adopted}, region=REGION
    )
    document = tomllib.loads(text) | {"phase": phase}
    if phase != "adopt":
        document |= {"domain_name": "app.example.com", "operator_email": "ops@example.com"}
    settings, mistakes = parse_stage(document, stage=STAGE)
    assert not mistakes, mistakes
    return settings


@cache
def _synthesized(phase: str, *, shared_roles: bool = True) -> dict[str, Any]:
    accelerate(os.environ)
    from modules.app import synthesize  # noqa: PLC0415  # starts the jsii kernel

    settings = settings_of(phase)
    with tempfile.TemporaryDirectory() as folder:
        stacks = synthesize(
            [settings],
            adopted={STAGE: base_record().kept(shared_roles=shared_roles).addresses},
            outdir=folder,
            state_folder=PurePath("/state"),
            emulated=False,
        )
        text = Path(stacks, settings.stack_name, "cdk.tf.json").read_text()
    document: dict[str, Any] = json.loads(text)
    return document


def stack_document(phase: str) -> dict[str, Any]:
    """The stage's synthesized stack, before the record is bound to it; the caller's own copy."""
    return copy.deepcopy(_synthesized(phase))


def bound_document(phase: str, record: AdoptionRecord | None = None) -> dict[str, Any]:
    """The stage's synthesized stack, bound to the record."""
    return bind(_synthesized(phase), record or base_record(), phase=phase)


def document_without_shared_roles(phase: str) -> dict[str, Any]:
    """The same of a stage that has dropped the base's shared roles."""
    record = base_record().kept(shared_roles=False)
    return bind(_synthesized(phase, shared_roles=False), record, phase=phase)


def planned(
    address: str,
    *actions: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    **rest: Any,
) -> dict[str, Any]:
    """A resource change as `terraform show -json` writes it; `rest` belongs to its inner part."""
    type_, _, name = address.partition(".")
    change = {"actions": list(actions or ("no-op",)), "before": before, "after": after, **rest}
    return {"address": address, "mode": "managed", "type": type_, "name": name, "change": change}


def importing(record: AdoptionRecord) -> list[dict[str, Any]]:
    """A plan that imports the record's objects and changes nothing."""
    return [
        planned(
            item.address,
            before=attributes().get(item.address, item.observed),
            after=attributes().get(item.address, item.observed),
            importing={"id": item.import_id},
        )
        for item in record.adopted
    ]


def a_plan(*changes: dict[str, Any], instead_of: Iterable[dict[str, Any]] = ()) -> Plan:
    """A plan of these changes, which take the place of those at the same addresses."""
    given = {change["address"] for change in changes}
    kept = [change for change in instead_of if change["address"] not in given]
    document = {"format_version": "1.2", "resource_changes": [*kept, *changes]}
    return Plan(document=document)


def verdict_on(
    *changes: dict[str, Any],
    record: AdoptionRecord,
    phase: str = "adopt",
    document: Mapping[str, Any] | None = None,
) -> Verdict:
    """The verdict on a plan of these changes alone."""
    return judge_adoption(
        a_plan(*changes), record, phase=phase, stack=Stack(document=document or {})
    )


def finding_at(address: str, findings: Sequence[Ruling]) -> Ruling:
    """The one finding at an address."""
    (finding,) = (finding for finding in findings if finding.address == address)
    return finding


@dataclass(frozen=True, kw_only=True)
class World:
    """A legacy folder and a stages folder, and what is in them."""

    folder: Path
    run: Callable[..., Answer]

    @property
    def legacy(self) -> Path:
        return self.folder / "legacy"

    @property
    def stages(self) -> Path:
        return self.folder / "stages"

    @property
    def record(self) -> Path:
        return record_path(self.stages, STAGE)

    def files(self) -> dict[str, bytes]:
        paths = (path for path in self.folder.rglob("*") if path.is_file())
        return {str(path): path.read_bytes() for path in paths}

    def refusal(self, *arguments: object) -> str:
        """The one line of a command that fails and writes nothing."""
        before = self.files()
        answer = self.run(*arguments)
        assert (answer.code, answer.text) == (1, "")
        assert answer.errors.startswith("error: ")
        assert answer.errors.count("\n") == 1
        assert "Traceback" not in answer.errors
        assert self.files() == before
        return answer.errors.removeprefix("error: ").rstrip("\n")

    def inventory_refusal(self, *arguments: object) -> str:
        """The same of an inventory."""
        return self.refusal("inventory", "--stage", STAGE, "--legacy", self.legacy, *arguments)

    def adopting(self, record: AdoptionRecord | None = None) -> None:
        """Write a stage file and a record."""
        found = {item.address: item.observed for item in base_record().adopted}
        (self.stages / f"{STAGE}.toml").write_text(stage_file(found, region=REGION))
        write_record(self.record, record or base_record())
