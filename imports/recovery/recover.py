"""Brings objects of a stage that its state has lost back into it. Nothing in AWS is changed.

The objects are found by the record of their adoption, or by their names, places and tags, read by Terraform,
and written into the state as a deploy would have left it. Before that the next deploy is planned upon that
state, in a folder that is thrown away, and judged.
"""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from aws.resources.rds import DATABASES
from aws.resources.row import Live
from common.errors import UserError
from common.progress import Progress
from imports.recovery import wording
from imports.recovery.finding import settled
from imports.recovery.matching import Matcher, Orphan
from imports.recovery.orphans import with_contents
from imports.recovery.recorded import recorded
from imports.recovery.recovery_plan import Outlook, judged
from imports.recovery.recovery_stage import LostStage, data_attributes, held_attributes, held_ids
from imports.recovery.secret_versions import first_versions, version_read
from imports.recovery.unimportable import unimportable
from terraform.cli import Terraform
from terraform.import_plan import ReadObject, import_document, read_objects
from terraform.instances import each_instance
from terraform.pulled_state import pull, push
from terraform.resolving import text
from terraform.stack import Resource
from terraform.state import Document
from terraform.state_backups import write_backup

_VERSION: Final = "aws_secretsmanager_secret_version"


@dataclass(frozen=True, kw_only=True)
class Recovered:
    """One object that comes back into the state."""

    address: str
    id: str


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What a recovery would do. `state` is the state it would write; None when there is nothing to write.

    `errors` keep it from writing anything. `undecided` are lines on what a person has to see to beside.
    """

    recovered: tuple[Recovered, ...]
    absent: tuple[str, ...]
    orphans: tuple[Orphan, ...]
    errors: tuple[str, ...]
    undecided: tuple[str, ...] = ()
    outlook: tuple[Outlook, ...]
    state: Document | None = field(repr=False)

    @property
    def is_open(self) -> bool:
        """Whether it may be carried out."""
        return not self.errors and not any(each.blocks for each in self.outlook)


def propose(stage: LostStage, *, progress: Progress) -> Proposal:
    """Find what the state lacks, and judge what the next deploy would do with it.

    Raises UserError when AWS or Terraform refuses and when AWS does not finish an object.
    """
    resources = dict(sorted(stage.stack.resources.items()))
    held = {**held_attributes(stage.state), **data_attributes(stage)}
    lost = resources.keys() - held.keys()
    if stage.record:
        progress("looking at what the adoption record names")
    known = recorded(stage.record, stage.clients, wanted=lost)
    matches, matcher = settled(stage, resources, held, known, progress)
    errors = [wording.ambiguous(each) for each in matches.ambiguous]
    errors += [f"objects of the type {type_} are not looked for" for type_ in matches.unknown_types]
    progress("looking at the secrets' versions")
    versions = first_versions(
        stage.clients,
        _secrets_of_missing_versions(resources, held, matcher),
        database_exists=any(
            address.partition(".")[0] in DATABASES for address in {*matches.found, *held}
        ),
        adopted=_adopted_secrets(stage),
    )
    errors += versions.errors

    objects: dict[str, ReadObject] = {}
    outlooks: tuple[Outlook, ...] = ()
    state: Document | None = None
    # What Terraform reads and plans here may hold more than the state: it stays with its owner alone.
    with tempfile.TemporaryDirectory(prefix="atomic-recover-") as name:
        scratch = Terraform(folder=Path(name), environment=stage.terraform.environment)
        if matches.found:
            progress(f"reading {len(matches.found)} objects")
            objects = _read(stage, scratch, resources, held, matches.found)
            by_tags = {
                address: each for address, each in objects.items() if address not in known.found
            }
            errors += wording.of_others(by_tags, stage.default_tags, stage=stage.workspace.stage)
        provider = _provider(objects, stage.state)
        for address, version in versions.found.items():
            objects[address] = version_read(version, resources[address], provider=provider)
        objects |= unimportable(
            stage.clients,
            {address: each for address, each in resources.items() if address not in held},
            matcher.known,
            provider=provider,
        )
        undecided = {each.address for each in matches.undecided}
        waiting: set[str] = set()
        if (objects or stage.half_made) and not errors:
            progress("planning the next deploy")
            state, outlooks, kept = judged(
                stage, scratch, objects, undecided=undecided, gone=known.gone.keys()
            )
            waiting = {
                address
                for address in objects.keys() - kept.keys()
                if not undecided.isdisjoint(stage.stack.dependencies(address))
            }
            objects = kept
    absent = tuple(
        address for address in resources if address in lost - undecided - waiting - objects.keys()
    )
    return Proposal(
        recovered=tuple(
            Recovered(address=address, id=str(each.attributes.get("id")))
            for address, each in sorted(objects.items())
        ),
        absent=absent,
        orphans=with_contents(
            stage.clients,
            matches.orphans,
            default_tags=stage.default_tags,
            kept=held_ids(stage.state) | {live.import_id for live in matches.found.values()},
        ),
        errors=tuple(errors),
        undecided=(
            *(wording.undecided(each, stage.terraform.folder) for each in matches.undecided),
            *(wording.waiting(address) for address in sorted(waiting)),
            *(line for address, line in known.gone.items() if address not in objects),
        ),
        outlook=outlooks,
        state=state,
    )


def write(stage: LostStage, proposal: Proposal, *, progress: Progress) -> Path | None:
    """Put the proposed state in place, after a backup of the present one, and return where that is.

    Raises UserError when somebody else has written it in the meantime, or holds its lock.
    """
    assert proposal.state is not None  # noqa: S101  # only what is to be written is written
    folder = stage.workspace.state_folder / "recovery-backups"
    progress("writing the state, after a backup")
    if stage.broken is not None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = folder / f"{stage.broken.name}.broken-{time.time_ns()}"
        stage.broken.replace(aside)
        stage.terraform.initialize()
        _push(stage, proposal.state, None)
        return aside
    before = pull(stage.terraform)
    backup = None if before is None else write_backup(folder, stage.workspace.stage, before)
    saved = backup.path if backup else None
    _push(stage, proposal.state, saved)
    return saved


def _push(stage: LostStage, state: Document, backup: Path | None) -> None:
    try:
        push(stage.terraform, state, backup=backup, is_first=stage.state is None)
    except UserError as error:
        if "state lock" not in str(error):
            raise
        raise UserError(
            f"{error}: if nobody deploys now, a killed deploy left the lock: run `terraform force-unlock ID` "
            f"in {stage.terraform.folder} and recover again"
        ) from None


def _secrets_of_missing_versions(
    resources: Mapping[str, Resource], held: Mapping[str, Any], matcher: Matcher
) -> dict[str, str]:
    arns = {
        address: text(resource.attributes["secret_id"], matcher.known)
        for address, resource in resources.items()
        if resource.type == _VERSION and address not in held
    }
    return {address: arn for address, arn in arns.items() if arn}


def _adopted_secrets(stage: LostStage) -> frozenset[str]:
    adopted = stage.record.adopted if stage.record else ()
    return frozenset(each.import_id for each in adopted if each.type == "aws_secretsmanager_secret")


def _read(
    stage: LostStage,
    scratch: Terraform,
    resources: Mapping[str, Resource],
    held: Mapping[str, Mapping[str, Any]],
    found: Mapping[str, Live],
) -> dict[str, ReadObject]:
    def known(address: str) -> Mapping[str, Any] | None:
        planned = resources.get(address)
        return held.get(address) or (planned.attributes if planned else None)

    ids = {address: live.import_id for address, live in found.items()}
    return read_objects(scratch, import_document(stage.stack, ids, known=known))


def _provider(objects: Mapping[str, ReadObject], state: Document | None) -> str:
    for each in objects.values():
        return each.provider
    for resource, _ in each_instance(state):
        if str(resource.get("type")).startswith("aws_") and "provider" in resource:
            return str(resource["provider"])
    return 'provider["registry.terraform.io/hashicorp/aws"]'
