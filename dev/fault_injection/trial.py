"""One try: an account of its own, a stage in it, a deploy that meets a fault, and what came of it.

Longer than others: what an operator does after a fault, and how the outcome is told, belong together.
"""

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from common.errors import UserError
from dev.fault_injection.census import Thing, census, compare, held_by
from dev.fault_injection.running import Finished, Running
from dev.fault_injection.small_stage import SLOW, without
from local.emulator import PROJECT, Emulator, running_emulator
from local.faults import FaultSettings
from local.one_step import stage_in_one_step
from modules.settings.stage_settings import stack_name
from modules.settings.stateful import STATEFUL
from terraform.cli import Terraform
from terraform.pulled_state import pulled_document
from terraform.workspace import Workspace

STAGE: Final = "dev"
STACK: Final = stack_name(STAGE)
_APPLY: Final = ("apply", "-auto-approve", "-input=false", "-no-color")
STATE_BUCKET: Final = "torture-state"


class Healed(StrEnum):
    """What it took to be converged: the plan empty, the account and the state the same."""

    AT_ONCE = "the same deploy"
    NEXT_DEPLOY = "the next deploy"
    RECOVER = "recover, then a deploy"
    NEVER = "nothing"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a try."""

    healed: Healed
    injected: Mapping[str, int]
    """Faults by kind: of calls, as the emulator counted them, and of what is around them."""
    lost: tuple[str, ...] = ()
    """What the state holds and the account does not, and data that has changed."""
    duplicated: tuple[str, ...] = ()
    """What the account holds and the state does not."""
    orphans_before: int = 0
    """How many of those there were before anything was healed."""
    note: str = ""
    seconds: float = 0


@dataclass(frozen=True, kw_only=True)
class Trial:
    """An account and a folder with a stage; `small` leaves out what takes minutes to wait for."""

    emulator: Emulator
    folder: Path
    small: bool
    remote_state: bool
    environment: Mapping[str, str]
    client: Callable[[str], Any]
    """Makes boto3 clients, each once: there are dozens of censuses, and a client is slow to make."""
    prefix: tuple[str, ...] = ()
    """What deploys are started with, as `prlimit`."""
    notes: list[str] = field(default_factory=list)

    @property
    def workspace(self) -> Workspace:
        """Where the stage's files are."""
        return Workspace(stage=STAGE, environ=self.environment)

    @property
    def _stack_folder(self) -> Path:
        return self.workspace.outdir / "stacks" / STACK

    @property
    def terraform(self) -> Terraform:
        """Terraform in the folder that is deployed."""
        return Terraform(
            folder=disk_of(self.folder) / "small" if self.small else self._stack_folder,
            environment=self.workspace.process_environment(),
        )

    @property
    def state_file(self) -> Path:
        """The local state."""
        return self.workspace.state_folder / f"terraform.{STACK}.tfstate"

    def through(self, url: str) -> "Trial":
        """Return the same, on another way to the account."""
        return replace(self, environment={**self.environment, "AWS_ENDPOINT_URL": url})

    def start(self) -> Running:
        """Begin a deploy."""
        if self.small:
            return Running(
                (*self.prefix, "terraform", *_APPLY),
                cwd=self.terraform.folder,
                environment=self.terraform.environment,
            )
        return self._project_command(*self.prefix, *self._cdktf("deploy"), "--auto-approve")

    def start_on_terminal(self) -> Running:
        """Begin a deploy as a person does; a small stage's terraform by what cdktf runs as terraform."""
        environment = self.workspace.process_environment()
        command: tuple[str, ...]
        if self.small:
            command = (str(PROJECT / "dev" / "setup" / "terraform_once"), *_APPLY)
            folder = self.terraform.folder
        else:
            command = (*self._cdktf("deploy"), "--auto-approve")
            folder = PROJECT
        return Running(command, cwd=folder, environment=environment, on_terminal=True)

    def deploy(self) -> Finished:
        """Deploy, to the end."""
        return self.start().finish()

    def recover(self) -> Finished:
        """`python -m ops recover`: give back to the state what a killed deploy left in the account."""
        return self._project_command(
            sys.executable, "-m", "ops", "recover", "--stage", STAGE, "--yes", "--delete-orphans"
        ).finish()

    def settle(self, deployed: bool, *, injected: Mapping[str, int]) -> Outcome:
        """Do what an operator does after a fault, and tell what it came to. No fault is injected any more."""
        injected = {**self.emulator.injected(), **injected}
        self.emulator.inject(FaultSettings())
        before, _ = self._difference()
        data = self._data(self._state())
        healed = Healed.AT_ONCE if deployed and not before else Healed.NEVER
        if healed is Healed.NEVER and not before and self._deploys():
            healed = Healed.NEXT_DEPLOY
        if healed is Healed.NEVER:
            recovered = self.recover()
            if not recovered.ok:
                self._note("recover", recovered.text)
            if self._deploys():
                healed = Healed.RECOVER
        if not self._is_empty_plan():
            healed = Healed.NEVER
        orphans, missing = self._difference()
        now = self._data(self._state())
        return Outcome(
            healed=healed,
            injected=injected,
            lost=(
                *map(_shown, missing),
                *(f"the data of {id_}" for id_, value in data.items() if now.get(id_) != value),
            ),
            duplicated=tuple(map(_shown, orphans)),
            orphans_before=len(before),
            note="; ".join(self.notes),
        )

    def _deploys(self) -> bool:
        finished = self.deploy()
        if not finished.ok:
            self._note("deploy", finished.text)
        return finished.ok

    def _is_empty_plan(self) -> bool:
        if self.small:
            return self.terraform("plan", "-input=false", "-detailed-exitcode").exit_code == 0
        return "No changes." in self._project_command(*self._cdktf("diff")).finish().text

    def _cdktf(self, command: str) -> tuple[str, ...]:
        return ("cdktf", command, STACK, "--output", str(self.workspace.outdir))

    def _project_command(self, *command: str) -> Running:
        return Running(command, cwd=PROJECT, environment=self.workspace.process_environment())

    def _state(self) -> dict[str, Any]:
        """Return the state; empty when the fault has left nothing that can be read."""
        try:
            return pulled_document(self.terraform)
        except UserError as error:
            self.notes.append(f"state: {error}")
            return {}

    def _difference(self) -> tuple[list[Thing], list[Thing]]:
        """Return what the account alone holds, and what the state alone holds."""
        found = compare(census(self.client), held_by(self._state()))
        return (
            [
                thing
                for thing in found.orphans
                if thing.id != STATE_BUCKET and not self._is_superseded(thing)
            ],
            list(found.missing),
        )

    def _is_superseded(self, thing: Thing) -> bool:
        """Return whether it is an earlier version of a secret: AWS keeps those, and deletes none.

        One comes about where the provider could not read what it had just written, and writes it anew.
        """
        if thing.type != "aws_secretsmanager_secret_version":
            return False
        secret, _, version = thing.id.partition("|")
        described = self.client("secretsmanager").describe_secret(SecretId=secret)
        return "AWSCURRENT" not in described["VersionIdsToStages"].get(version, ())

    def _data(self, state: Mapping[str, Any]) -> dict[str, str]:
        """Return what the state knows to hold data, and what tells whether that is still the same.

        An object that was not made to its end (tainted) holds nothing yet, and is made anew.
        """
        buckets = self.client("s3").list_buckets()["Buckets"]
        created = {bucket["Name"]: str(bucket["CreationDate"]) for bucket in buckets}
        secrets = self.client("secretsmanager")
        data = {}
        for resource in state.get("resources", ()):
            for instance in resource["instances"]:
                if resource["mode"] != "managed" or instance.get("status") == "tainted":
                    continue
                attributes = instance["attributes"]
                if resource["type"] == "aws_secretsmanager_secret_version":
                    id_ = attributes["secret_id"]
                    data[id_] = secrets.get_secret_value(SecretId=id_)["SecretString"]
                elif resource["type"] in STATEFUL:
                    # Of those that AWS names anew each time, the id tells whether they are the same.
                    address = f"{resource['type']}.{resource['name']}"
                    data[address] = created.get(attributes["id"]) or attributes["id"]
        return data

    def _note(self, what: str, text: str) -> None:
        errors = [line.strip("│ \n") for line in text.splitlines() if "rror:" in line]
        last = errors[:3] or text.strip().splitlines()[-1:] or ["no word"]
        self.notes.append(f"{what}: {' / '.join(last)[:400]}")


def disk_of(folder: Path) -> Path:
    """Return what a deploy writes to, within a trial's folder."""
    return folder / "disk"


def state_folder(folder: Path) -> Path:
    """Return the folder of local state files, within a trial's folder."""
    return disk_of(folder) / "state"


def _shown(thing: Thing) -> str:
    return f"{thing.type} {thing.id}"


_synthesized: Final[dict[bool, str]] = {}
_synthesizing: Final = threading.Lock()


def _small_document(tried: Trial) -> dict[str, Any]:
    """Make the small stage. It is synthesized once: of two tries only the state's place differs."""
    with _synthesizing:
        if tried.remote_state not in _synthesized:
            folder = tried.workspace.synthesize().folder
            _synthesized[tried.remote_state] = (folder / "cdk.tf.json").read_text()
    document: dict[str, Any] = json.loads(_synthesized[tried.remote_state])
    backend = document["terraform"]["backend"]
    if "local" in backend:
        backend["local"]["path"] = str(tried.state_file)
    return without(document, SLOW)


@contextmanager
def trial(folder: Path, *, small: bool = True, remote_state: bool = False) -> Iterator[Trial]:
    """Yield an account and a synthesized stage in `folder`."""
    stages = folder / "stages"
    stage_in_one_step(
        stages, more=f'\n[state]\nbucket = "{STATE_BUCKET}"\n' if remote_state else ""
    )
    with (folder / "aws.log").open("w") as log, running_emulator(log) as emulator:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ATOMIC_")},
            **emulator.environment,
            "ATOMIC_STAGE": STAGE,
            "ATOMIC_STAGES_DIR": str(stages),
            "ATOMIC_STATE_DIR": str(state_folder(folder)),
            "CDKTF_OUTDIR": str(disk_of(folder) / "cdktf.out"),
            "CI": "true",  # no spinner
        }
        state_folder(folder).mkdir(parents=True)
        if remote_state:
            emulator.client("s3").create_bucket(Bucket=STATE_BUCKET)
        made = Trial(
            emulator=emulator,
            folder=folder,
            small=small,
            remote_state=remote_state,
            environment=environment,
            client=cache(emulator.client),
        )
        if small:
            made.terraform.folder.mkdir()
            (made.terraform.folder / "cdk.tf.json").write_text(
                json.dumps(_small_document(made), indent=2)
            )
            made.terraform.initialize()
        yield made
