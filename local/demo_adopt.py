"""The story of an adoption: a legacy base, taken over by this project, on an embedded AWS.

`make demo-adopt` plays it. It needs no AWS account, and leaves nothing behind but what it printed.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from common.errors import UserError
from local.cdktf import Cdktf, CdktfError
from local.demo import progress, scan_for_secrets
from local.emulator import PROJECT, Emulator, EmulatorError, running_emulator
from local.legacy import legacy_base
from modules.settings.stage_settings import stack_name
from terraform.cli import Terraform
from terraform.workspace import BACKUPS

STAGE = "live"
STACK = stack_name(STAGE)
_REQUIRED = 'domain_name = "app.example.com"\noperator_email = "ops@example.com"\n'


class StepError(Exception):
    """A step of the story did not end as it has to; the text is what it printed."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Where the story is played."""

    console: Console
    cdktf: Cdktf
    legacy: Terraform

    def imports(self, *arguments: str, last_lines: int) -> None:
        """Run `python -m imports ARGUMENTS` and show the end of what it prints."""
        self.console.print(f"$ python -m imports {' '.join(arguments)}", style="bold", markup=False)
        finished = subprocess.run(
            [sys.executable, "-m", "imports", *arguments],
            cwd=PROJECT,
            env={
                **self.cdktf.process_environment(),
                "CDKTF_OUTDIR": str(self.cdktf.outdir),
                "COLUMNS": "160",
            },
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        lines = finished.stdout.rstrip().splitlines()
        if len(lines) > last_lines:
            self.console.print(f"  ({len(lines) - last_lines} lines before)", style="dim")
        for line in lines[-last_lines:]:
            self.console.print(f"  {line}", markup=False, soft_wrap=True)
        if finished.returncode:
            raise StepError(f"python -m imports {arguments[0]} ended with {finished.returncode}")


def main() -> int:
    """Play it; 0 when each step ended as it has to."""
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="atomic-adopt-") as name:
        folder = Path(name)
        try:
            with (folder / "aws.log").open("w") as log, running_emulator(log) as emulator:
                _play(console, emulator, folder)
        except (StepError, CdktfError, EmulatorError, UserError) as error:
            console.print(str(error), markup=False)
            return 1
        except KeyboardInterrupt:
            console.print("stopped")
            return 130
    return 0


def _play(console: Console, emulator: Emulator, folder: Path) -> None:
    stages = folder / "stages"
    stages.mkdir()
    cdktf = Cdktf(
        folder=folder,
        environment={
            **emulator.environment,
            "ATOMIC_STAGES_DIR": str(stages),
            "ATOMIC_STAGE": STAGE,
        },
    )

    console.rule("1. A legacy base, applied by plain terraform (some 100 s)")
    legacy = legacy_base(folder / "legacy", emulator, environment=os.environ)
    started = time.monotonic()
    with console.status("terraform apply"):
        legacy.checked("apply", "-auto-approve", "-input=false", "-no-color")
    console.print(f"57 resources stand after {time.monotonic() - started:.0f} s")
    stage = Stage(console=console, cdktf=cdktf, legacy=legacy)
    from_legacy = ("--stage", STAGE, "--legacy", str(legacy.folder))

    console.rule("2. Inventory: what is there, and what becomes of it")
    stage.imports("inventory", *from_legacy, last_lines=12)

    console.rule("3. Gate: may the plan be applied?")
    stage.imports("gate", "--stage", STAGE, last_lines=8)

    console.rule("4. Adopt")
    emulator.count_from_now()
    started = time.monotonic()
    stage.imports("adopt", "--stage", STAGE, last_lines=2)
    console.print(
        f"in {time.monotonic() - started:.0f} s, with {sum(emulator.mutating_calls().values())} calls to AWS "
        "that write"
    )

    console.rule("5. The full platform on top (some 90 s)")
    path = stages / f"{STAGE}.toml"
    path.write_text(path.read_text().replace('phase = "adopt"\n', _REQUIRED))
    console.print(
        'stages/live.toml: the line `phase = "adopt"` gives way to a domain and an e-mail'
    )
    stage.imports("gate", "--stage", STAGE, last_lines=8)
    with console.status("planning") as status:
        deployed = cdktf.run("deploy", STACK, "--auto-approve", on_line=progress(status))
    diff = cdktf.run("diff", STACK)
    if "No changes." not in diff:
        raise StepError("the second diff is not empty:\n" + diff)
    console.print("deployed; cdktf diff: No changes.")

    console.rule("6. Retire: the legacy state lets go")
    stage.imports("retire", *from_legacy, last_lines=12)
    stage.imports("status", *from_legacy, last_lines=2)
    console.print("$ terraform destroy   (in the legacy folder)", style="bold", markup=False)
    destroyed = legacy.checked("destroy", "-auto-approve", "-input=false", "-no-color")
    found = re.search(r"Destroy complete! .*", destroyed)
    console.print(f"  {found[0] if found else destroyed.strip()}", markup=False)
    if not found or "0 destroyed" not in found[0]:
        raise StepError("the old tool still destroyed something")

    console.rule("7. Secret values in what was written: state, JSON, record, logs")
    outputs = json.loads(cdktf.terraform(STACK, "output", "-json").stdout)
    result = scan_for_secrets(
        emulator,
        {name: output["value"] for name, output in outputs.items()},
        folder,
        printed={"cdktf deploy": deployed, "cdktf diff": diff},
        without=[legacy.folder, folder / BACKUPS],
    )
    console.print(
        f"{result}, the legacy folder and {BACKUPS}/ left out", soft_wrap=True, markup=False
    )
    if result.found:
        raise StepError("a secret value was written down")
    console.rule("The base belongs to this project alone. README.md tells the way for a real one.")


if __name__ == "__main__":
    sys.exit(main())
