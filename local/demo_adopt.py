"""The story of both adoptions on an embedded AWS: a legacy base, and a CDK stack in CloudFormation.

`make demo-adopt` plays it. It needs no AWS account, and leaves nothing behind but what it printed.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from common.errors import UserError
from common.screen import headline, say, waiting
from local.cdktf import Cdktf, CdktfError
from local.demo import deploying, scan_for_secrets
from local.emulator import PROJECT, Emulator, EmulatorError, running_emulator
from local.legacy import legacy_base
from local.owners_stack import fill, make_owners_stack
from modules.settings.stage_settings import stack_name
from terraform.cli import Terraform
from terraform.workspace import BACKUPS

STAGE = "live"
STACK = stack_name(STAGE)
_REQUIRED = 'domain_name = "app.example.com"\noperator_email = "ops@example.com"\n'
_OLD_STACK = "AwsStack"


class StepError(Exception):
    """A step of the story did not end as it has to; the text is what it printed."""


@dataclass(frozen=True, kw_only=True)
class Owner:
    """An old owner. `named` is how the commands name it, `required` what its stage still lacks.

    `keeps_secrets` are the folders in which its secrets stay; `see_it_go` shows that it owns nothing now.
    """

    what: str
    named: tuple[str, ...]
    required: str
    retire: tuple[str, ...]
    keeps_secrets: tuple[Path, ...]
    see_it_go: Callable[[], None]


def main() -> int:
    """Play both; 0 when each step ended as it has to."""
    for make, title in (
        (_base, "A legacy base, applied by plain terraform (some 100 s)"),
        (_stack, "A CDK application, deployed by CloudFormation (some 20 s)"),
    ):
        with tempfile.TemporaryDirectory(prefix="atomic-adopt-") as name:
            folder = Path(name)
            try:
                with (folder / "aws.log").open("w") as log, running_emulator(log) as emulator:
                    headline(title)
                    _play(make(emulator, folder), emulator, folder)
            except (StepError, CdktfError, EmulatorError, UserError) as error:
                say(str(error))
                return 1
            except KeyboardInterrupt:
                say("stopped")
                return 130
    headline("Both belong to this project alone. docs/adopting.md tells the way for real ones.")
    return 0


def _base(emulator: Emulator, folder: Path) -> Owner:
    legacy = legacy_base(folder / "legacy", emulator, environment=os.environ)
    started = time.monotonic()
    with waiting() as progress:
        progress("terraform apply")
        legacy.checked("apply", "-auto-approve", "-input=false", "-no-color")
    say(f"57 resources exist after {time.monotonic() - started:.0f} s")
    return Owner(
        what="base",
        named=("--legacy", str(legacy.folder)),
        required=_REQUIRED,
        retire=(),
        keeps_secrets=(legacy.folder, folder / BACKUPS),
        see_it_go=lambda: _destroy_nothing(legacy),
    )


def _destroy_nothing(legacy: Terraform) -> None:
    say("$ terraform destroy   (in the legacy folder)", style="bold")
    destroyed = legacy.checked("destroy", "-auto-approve", "-input=false", "-no-color")
    found = re.search(r"Destroy complete! .*", destroyed)
    say(found[0] if found else destroyed.strip())
    if not found or "0 destroyed" not in found[0]:
        raise StepError("the old tool still destroyed something")


def _stack(emulator: Emulator, _folder: Path) -> Owner:
    started = time.monotonic()
    with waiting() as progress:
        progress("CloudFormation creates the stack")
        stack = make_owners_stack(emulator, "guide", name=_OLD_STACK)
    fill(emulator)
    say(
        f"{len(stack.rows())} rows exist after {time.monotonic() - started:.0f} s, with an object in the "
        "bucket and an image in each registry"
    )

    def see_it_go() -> None:
        say(f"{_OLD_STACK}: {stack.described()['StackStatus']}")

    return Owner(
        what="stack",
        named=("--cloudformation", _OLD_STACK),
        required="",
        retire=("--yes",),
        keeps_secrets=(),
        see_it_go=see_it_go,
    )


def _play(owner: Owner, emulator: Emulator, folder: Path) -> None:
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

    def imports(command: str, *arguments: str) -> None:
        """Run `python -m imports COMMAND`, and let it print all that it prints."""
        typed = (command, "--stage", STAGE, *arguments)
        say(f"$ python -m imports {' '.join(typed)}", style="bold")
        finished = subprocess.run(
            [sys.executable, "-m", "imports", *typed],
            cwd=PROJECT,
            env={**cdktf.process_environment(), "CDKTF_OUTDIR": str(cdktf.outdir)},
            check=False,
        )
        if finished.returncode:
            raise StepError(f"python -m imports {command} ended with {finished.returncode}")

    headline(f"The {owner.what}: what is there, and what becomes of it")
    imports("inventory", *owner.named)

    headline(f"The {owner.what}: may the plan be applied?")
    imports("gate")

    headline(f"The {owner.what} is adopted")
    emulator.count_from_now()
    started = time.monotonic()
    imports("adopt")
    say(
        f"in {time.monotonic() - started:.0f} s, with {sum(emulator.mutating_calls().values())} calls to AWS "
        "that write"
    )

    headline(f"The {owner.what}: the full platform on top (some 90 s)")
    path = stages / f"{STAGE}.toml"
    path.write_text(path.read_text().replace('phase = "adopt"\n', owner.required))
    instead = "gives way to a domain and an e-mail" if owner.required else "goes"
    say(f'stages/{STAGE}.toml: the line `phase = "adopt"` {instead}')
    imports("gate")
    with waiting() as progress:
        progress("planning")
        deployed = cdktf.run("deploy", STACK, "--auto-approve", on_line=deploying(progress))
    diff = cdktf.run("diff", STACK)
    if "No changes." not in diff:
        raise StepError("the second diff is not empty:\n" + diff)
    say("deployed; cdktf diff: No changes.")

    headline(f"The {owner.what} gives its objects up")
    imports("retire", *owner.named, *owner.retire)
    imports("status", *owner.named)
    owner.see_it_go()

    headline(f"The {owner.what}: secret values in what was written: state, JSON, record, logs")
    outputs = json.loads(cdktf.terraform(STACK, "output", "-json").stdout)
    result = scan_for_secrets(
        emulator,
        {name: output["value"] for name, output in outputs.items()},
        folder,
        printed={"cdktf deploy": deployed, "cdktf diff": diff},
        without=owner.keeps_secrets,
    )
    left_out = f"; the legacy folder and {BACKUPS}/ left out" if owner.keeps_secrets else ""
    say(f"{result}{left_out}")
    if result.found:
        raise StepError("a secret value was written down")


if __name__ == "__main__":
    sys.exit(main())
