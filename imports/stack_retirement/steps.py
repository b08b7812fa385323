"""The steps in which a CloudFormation stack goes, each done when it is not done yet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aws.client import Clients
from common.errors import UserError, listed, shorten
from common.progress import Progress
from common.templates import read_template
from imports.record import StackOrigin
from imports.sources.cloudformation.owners_stack import deployed_text, read_owners_stack
from imports.stack_retirement.data import Data, compare, read_data, saved_data, told, write_data
from imports.stack_retirement.plan import RowPlan, moved_on
from imports.stack_retirement.stack_backup import StackBackup, data_path
from imports.stack_retirement.stack_calls import (
    Facts,
    failures,
    outcomes,
    remove_template_bucket,
    stack_facts,
    update_stack,
    wait,
)
from imports.stack_retirement.template_text import HANDLE, differences, keeping, kept

GONE: Final = "DELETE_COMPLETE"


@dataclass(frozen=True, kw_only=True)
class StackRetirement:
    """What a retirement of a stack did.

    `rows` are what was announced; empty where the stack was gone before. `data` is what the objects hold now,
    `against` what a person has to look at: what is no longer as it was, or not as announced.
    """

    is_deleted: bool = True
    stack: str
    rows: tuple[RowPlan, ...]
    data: tuple[str, ...] = ()
    against: tuple[str, ...]
    backup: Path | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Job:
    """One stack that goes. `path` is where its backup is."""

    clients: Clients
    origin: StackOrigin
    path: Path
    progress: Progress

    def settled(self, backup: StackBackup | None) -> Facts | None:
        """Return what CloudFormation tells of the stack, once it has done what a killed run has begun."""
        arn = self.origin.arn
        facts = stack_facts(self.clients, arn)
        if backup is not None and facts and str(facts["StackStatus"]).endswith("_IN_PROGRESS"):
            self.progress("waiting for what CloudFormation has begun")
            wait(self.clients, arn, progress=self.progress)
            facts = stack_facts(self.clients, arn)
        if backup is None and (facts is None or facts["StackStatus"] == GONE):
            raise UserError(
                f"the stack {arn} does not exist, and no backup of a retirement explains it: somebody has "
                "deleted it; check that its objects still exist, then run `python -m imports inventory` again"
            )
        return facts

    def note_data(self, rows: Sequence[RowPlan]) -> None:
        """Note what the objects hold, for the last look. Raises UserError where an update has taken some."""
        data, path = read_data(self.clients, rows, progress=self.progress), data_path(self.path)
        before = saved_data(path)
        lost = [change.text for change in compare(before or {}, data) if change.is_loss]
        if lost:
            raise UserError(
                f"{listed(lost)}: the stack was not deleted; find out what did it, and bring the data back "
                f"from its backup; then remove {path} and run the same command again"
            )
        write_data(path, data)

    def keep(self, facts: Facts, backup: StackBackup, names: frozenset[str]) -> None:
        """Have CloudFormation keep the rows that stay. Only the template that is read back decides."""
        for with_handle in (False, True):
            if not self._not_kept(backup, names):
                break
            self.progress("telling CloudFormation what it keeps")
            text = keeping(backup.template, names, with_handle=with_handle)
            if update_stack(self.clients, facts, text):
                self._wait_until_updated()
        self.progress("reading the template back")
        wrong = self._not_kept(backup, names)
        longest = keeping(backup.template, names, with_handle=True)
        remove_template_bucket(self.clients, self.origin.arn, longest)
        if wrong:
            raise UserError(
                f"CloudFormation does not keep {listed(wrong)}, whatever it said of the update: the stack "
                "was not deleted; set `removalPolicy: RemovalPolicy.RETAIN` on these in the CDK app, deploy "
                "that, then run the inventory again"
            )
        after = read_owners_stack(
            self.clients, self.origin.arn, progress=self.progress, with_drift=False
        )
        moved = moved_on(self.origin, after, backup.template)
        if moved:
            raise UserError(
                f"after the update of {self.origin.name} {moved}: the stack was not deleted; find out who "
                "else changes it, then run the same command again"
            )

    def _wait_until_updated(self) -> None:
        arn = self.origin.arn
        status = wait(self.clients, arn, progress=self.progress)
        if status != "UPDATE_COMPLETE":
            raise UserError(
                f"the update that keeps the objects of {self.origin.name} ended in {status}: "
                f"{failures(self.clients, arn)}: the stack was not deleted; mend that and run the same "
                "command again"
            )

    def _not_kept(self, backup: StackBackup, names: frozenset[str]) -> list[str]:
        """Return the rows in which the deployed template is not what it has to be."""
        found = dict(read_template(deployed_text(self.clients, self.origin.arn)))
        with_handle = HANDLE in (found.get("Resources") or {})
        wanted = kept(read_template(backup.template), names, with_handle=with_handle)
        return differences(found, wanted)

    def wait_until_gone(self) -> None:
        """Wait for the deletion. Raises UserError where it fails."""
        arn = self.origin.arn
        status = wait(self.clients, arn, progress=self.progress)
        if status != GONE:
            raise UserError(
                f"{self.origin.name} is {status}: {failures(self.clients, arn)}: what was to be kept is "
                "kept; end what is in the way of the rest, then run the same command again"
            )

    def last_look(self, rows: tuple[RowPlan, ...]) -> StackRetirement:
        """Return what the stack has left behind, compared with what was there and what was announced."""
        self.progress("looking at what the stack has left behind")
        before = saved_data(data_path(self.path)) or {}
        after = self._look_again(before)
        return StackRetirement(
            stack=self.origin.arn,
            rows=rows,
            data=tuple(told(after)),
            against=(
                *(change.text for change in compare(before, after)),
                *_not_as_announced(rows, outcomes(self.clients, self.origin.arn)),
            ),
            backup=self.path,
            notes=(
                f"the backup {self.path} holds what the template's author wrote into it, a secret too: "
                "delete it when no way back is needed",
                "run no `cdk deploy` of this app any more: it would make everything a second time",
                "the bucket and roles of `cdk bootstrap` are not the stack's, and stay",
            ),
        )

    def _look_again(self, before: Data) -> Data:
        """Read what was read before, also of a row that the stack no longer lists."""
        objects = {name for held in before.values() for name in held}
        rows = [
            RowPlan(
                logical_id=row.logical_id,
                type=row.type,
                physical_id=row.physical_id,
                outcome="kept",
                why="",
            )
            for row in self.origin.rows
            if row.physical_id in objects
        ]
        return read_data(self.clients, rows, progress=self.progress)


def _not_as_announced(rows: Sequence[RowPlan], ended: Mapping[str, str]) -> Iterator[str]:
    for row in rows:
        wanted = "DELETE_SKIPPED" if row.outcome == "kept" else GONE
        found = ended.get(row.logical_id, wanted)
        if found != wanted:
            yield (
                f"{row.logical_id} ({shorten(row.physical_id)}) was to be {row.outcome}, and is {found}"
            )
