"""The story of an adoption: a legacy base, adopted by this project, on an embedded AWS.

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

from common.errors import UserError
from common.screen import headline, say, waiting
from local.cdktf import Cdktf, CdktfError
from local.demo import deploying, scan_for_secrets
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

    cdktf: Cdktf
    legacy: Terraform

    def imports(self, *arguments: str, last_lines: int) -> None:
        """Run `python -m imports ARGUMENTS` and show the end of what it prints."""
        say(f"$ python -m imports {' '.join(arguments)}", style="bold")
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
            say(f"  ({len(lines) - last_lines} lines before)", style="dim")
        for line in lines[-last_lines:]:
            say(f"  {line}")
        if finished.returncode:
            raise StepError(f"python -m imports {arguments[0]} ended with {finished.returncode}")


def main() -> int:
    """Play it; 0 when each step ended as it has to."""
    with tempfile.TemporaryDirectory(prefix="atomic-adopt-") as name:
        folder = Path(name)
        try:
            with (folder / "aws.log").open("w") as log, running_emulator(log) as emulator:
                _play(emulator, folder)
        except (StepError, CdktfError, EmulatorError, UserError) as error:
            say(str(error))
            return 1
        except KeyboardInterrupt:
            say("stopped")
            return 130
    return 0


def _play(emulator: Emulator, folder: Path) -> None:
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

    headline("1. A legacy base, applied by plain terraform (some 100 s)")
    legacy = legacy_base(folder / "legacy", emulator, environment=os.environ)
    started = time.monotonic()
    with waiting() as progress:
        progress("terraform apply")
        legacy.checked("apply", "-auto-approve", "-input=false", "-no-color")
    say(f"57 resources exist after {time.monotonic() - started:.0f} s")
    stage = Stage(cdktf=cdktf, legacy=legacy)
    from_legacy = ("--stage", STAGE, "--legacy", str(legacy.folder))

    headline("2. Inventory: what is there, and what becomes of it")
    stage.imports("inventory", *from_legacy, last_lines=12)

    headline("3. Gate: may the plan be applied?")
    stage.imports("gate", "--stage", STAGE, last_lines=8)

    headline("4. Adopt")
    emulator.count_from_now()
    started = time.monotonic()
    stage.imports("adopt", "--stage", STAGE, last_lines=2)
    say(
        f"in {time.monotonic() - started:.0f} s, with {sum(emulator.mutating_calls().values())} calls to AWS "
        "that write"
    )

    headline("5. The full platform on top (some 90 s)")
    path = stages / f"{STAGE}.toml"
    path.write_text(path.read_text().replace('phase = "adopt"\n', _REQUIRED))
    say('stages/live.toml: the line `phase = "adopt"` gives way to a domain and an e-mail')
    stage.imports("gate", "--stage", STAGE, last_lines=8)
    with waiting() as progress:
        progress("planning")
        deployed = cdktf.run("deploy", STACK, "--auto-approve", on_line=deploying(progress))
    diff = cdktf.run("diff", STACK)
    if "No changes." not in diff:
        raise StepError("the second diff is not empty:\n" + diff)
    say("deployed; cdktf diff: No changes.")

    headline("6. Retire: the legacy state lets go")
    stage.imports("retire", *from_legacy, last_lines=12)
    stage.imports("status", *from_legacy, last_lines=2)
    say("$ terraform destroy   (in the legacy folder)", style="bold")
    destroyed = legacy.checked("destroy", "-auto-approve", "-input=false", "-no-color")
    found = re.search(r"Destroy complete! .*", destroyed)
    say(f"  {found[0] if found else destroyed.strip()}")
    if not found or "0 destroyed" not in found[0]:
        raise StepError("the old tool still destroyed something")

    headline("7. Secret values in what was written: state, JSON, record, logs")
    outputs = json.loads(cdktf.terraform(STACK, "output", "-json").stdout)
    result = scan_for_secrets(
        emulator,
        {name: output["value"] for name, output in outputs.items()},
        folder,
        printed={"cdktf deploy": deployed, "cdktf diff": diff},
        without=[legacy.folder, folder / BACKUPS],
    )
    say(f"{result}, the legacy folder and {BACKUPS}/ left out")
    if result.found:
        raise StepError("a secret value was written down")
    headline(
        "The base belongs to this project alone. docs/adopting.md tells the way for a real one."
    )


if __name__ == "__main__":
    sys.exit(main())
