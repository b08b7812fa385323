"""A legacy base on an emulator of its own, with the project beside it: what adoption is tested on."""

import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.bench.measuring import kill_tree
from dev.fault_injection.running import Running
from imports.record import AdoptionRecord, read_record
from local.cdktf import Cdktf
from local.emulator import PROJECT, Emulator
from terraform.cli import Terraform
from terraform.pulled_state import pulled_document
from tests.answer import Answer
from tests.contract import json_keys

STAGE = "live"
STACK = "atomic-live"


@dataclass(frozen=True, kw_only=True)
class Story:
    """The base, applied by plain terraform, and a folder for stages, record and state."""

    emulator: Emulator
    legacy: Terraform
    folder: Path

    @property
    def cdktf(self) -> Cdktf:
        """cdktf on the adopting stage."""
        return Cdktf(
            folder=self.folder,
            environment={
                **self.emulator.environment,
                "ATOMIC_STAGES_DIR": str(self.stages),
                "ATOMIC_STAGE": STAGE,
            },
        )

    @property
    def stages(self) -> Path:
        """The folder of the stage file and the record."""
        return self.folder / "stages"

    @property
    def record_path(self) -> Path:
        """Where the record is."""
        return self.stages / f"{STAGE}.adoption.json"

    @property
    def record(self) -> AdoptionRecord:
        """The record as it is now."""
        record = read_record(self.record_path)
        assert record is not None
        return record

    @property
    def from_legacy(self) -> tuple[str, ...]:
        """The options that most commands take."""
        return ("--stage", STAGE, "--legacy", str(self.legacy.folder))

    def imports(self, *arguments: str, environ: Mapping[str, str] | None = None) -> Answer:
        """Run `python -m imports ARGUMENTS`, with this besides in its environment."""
        return self._ran("imports", *arguments, environ=environ or {})

    def ops(self, *arguments: str) -> Answer:
        """Run `python -m ops ARGUMENTS`."""
        return self._ran("ops", *arguments, environ={})

    def _ran(self, package: str, *arguments: str, environ: Mapping[str, str]) -> Answer:
        finished = subprocess.run(
            [sys.executable, "-m", package, *arguments],
            cwd=PROJECT,
            env={**self._environment(), **environ},
            capture_output=True,
            text=True,
            check=False,
        )
        json_keys.check("imports", arguments, finished.stdout)
        return Answer(code=finished.returncode, text=finished.stdout, errors=finished.stderr)

    def imports_on_terminal(self, *arguments: str) -> Running:
        """The same on a terminal of its own, under way."""
        return Running(
            (sys.executable, "-m", "imports", *arguments),
            cwd=PROJECT,
            environment=self._environment(),
            on_terminal=True,
        )

    def killed_imports(self, *arguments: str, after_step: str, seconds: float) -> bool:
        """Start `python -m imports ARGUMENTS`, and kill -9 all of it some time after a step began.

        Returns whether it was still at work then.
        """
        return killed(
            [sys.executable, "-m", "imports", *arguments],
            environment=self._environment(),
            after_step=after_step,
            seconds=seconds,
        )

    def killed_deploy(self, *, after_step: str, seconds: float) -> bool:
        """The same of `cdktf deploy`."""
        return killed(
            ["cdktf", "deploy", STACK, "--auto-approve", "--output", str(self.cdktf.outdir)],
            environment=self.cdktf.process_environment(),
            after_step=after_step,
            seconds=seconds,
        )

    def secret_values(self) -> dict[str, str]:
        """Every secret's current value by name."""
        secrets = self.emulator.client("secretsmanager")
        return {
            item["Name"]: secrets.get_secret_value(SecretId=item["Name"])["SecretString"]
            for item in secrets.list_secrets(MaxResults=100)["SecretList"]
        }

    def held(self) -> Mapping[str, Mapping[str, Any]]:
        """The attributes of what the new state holds, by address."""
        return {
            f"{resource['type']}.{resource['name']}": resource["instances"][0]["attributes"]
            for resource in self.state.get("resources", [])
            if resource["mode"] == "managed"
        }

    @property
    def state(self) -> dict[str, Any]:
        """The new state."""
        return pulled_document(self.terraform)

    @property
    def terraform(self) -> Terraform:
        """Terraform in the folder of the adopting stage's stack."""
        return Terraform(folder=self.cdktf.stack_folder(STACK), environment=self._environment())

    def set_phase(self, phase: str) -> None:
        """Let the stage go on from phase adopt."""
        path = self.stages / f"{STAGE}.toml"
        required = 'domain_name = "app.example.com"\noperator_email = "ops@example.com"\n'
        text = path.read_text()
        path.write_text(text.replace('phase = "adopt"\n', f'phase = "{phase}"\n{required}'))

    def _environment(self) -> dict[str, str]:
        return {**self.cdktf.process_environment(), "CDKTF_OUTDIR": str(self.cdktf.outdir)}


def killed(
    command: list[str], *, environment: dict[str, str], after_step: str, seconds: float
) -> bool:
    """Start a command, and kill -9 all of it some time after a step began; whether it was at work then."""
    process = subprocess.Popen(
        command,
        cwd=PROJECT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            if after_step in line:
                break
        time.sleep(seconds)
        at_work = process.poll() is None
        if at_work:
            kill_tree(process.pid)
    return at_work
