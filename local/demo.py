"""The demonstration: deploys the dev stage in full onto an embedded AWS and shows what stands.

`make demo` runs it. It needs no AWS account, and leaves nothing behind but what it printed.
"""

import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from rich.console import Console
from rich.status import Status
from rich.table import Column, Table

from local.cdktf import Cdktf, CdktfError
from local.emulator import Emulator, EmulatorError, running_emulator
from local.inspection import what_stands
from modules.settings.stage_settings import stack_name
from security.secrets_scan import Scan, scan, secret_parts, stored_values

STAGE = "dev"
STACK = stack_name(STAGE)
_DONE = re.compile(r"(\S+): (Creation|Read) complete after")
_PLANNED = re.compile(r"Plan: (\d+) to (?:add|import)")


def scan_for_secrets(
    emulator: Emulator,
    outputs: Mapping[str, str],
    folder: Path,
    *,
    printed: Mapping[str, str],
    without: Iterable[Path] = (),
) -> Scan:
    """Read every secret value back, and look for it in everything below a folder and in what was printed."""
    stored = stored_values(emulator.client("secretsmanager"), outputs)
    return scan([folder], values=secret_parts(stored), texts=printed, without=without)


def progress(status: Status) -> Callable[[str], None]:
    """Turns cdktf's lines into one line that says how far the deploy is."""
    started = time.monotonic()
    created = 0
    planned = "?"

    def on_line(line: str) -> None:
        nonlocal created, planned
        if plan := _PLANNED.search(line):
            planned = plan[1]
        if (done := _DONE.search(line)) and done[2] == "Creation":
            created += 1
            elapsed = time.monotonic() - started
            status.update(f"deploying: {created} of {planned} after {elapsed:.0f} s, {done[1]}")
            if created % 50 == 0 and not status.console.is_terminal:
                status.console.print(f"  {created} of {planned} after {elapsed:.0f} s")

    return on_line


def main() -> int:
    """Play it; 0 when the deploy succeeded and the second diff was empty."""
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="atomic-demo-") as folder:
        log_path = Path(folder) / "aws.log"
        try:
            with log_path.open("w") as log, running_emulator(log) as emulator:
                return _play(console, emulator, Path(folder))
        except (CdktfError, EmulatorError) as error:
            console.print(f"{error}\n{log_path.read_text()[-2000:]}", markup=False)
            return 1
        except KeyboardInterrupt:
            console.print("stopped")
            return 130


def _play(console: Console, emulator: Emulator, folder: Path) -> int:
    console.rule("1. An embedded AWS")
    console.print(f"AWS_ENDPOINT_URL={emulator.url}")
    cdktf = Cdktf(folder=folder, environment={**emulator.environment, "ATOMIC_STAGE": STAGE})

    console.rule(f"2. cdktf deploy {STACK}")
    started = time.monotonic()
    outputs_file = folder / "outputs.json"
    with console.status("synthesizing and planning") as status:
        deployed = cdktf.run(
            "deploy",
            STACK,
            "--auto-approve",
            "--outputs-file",
            str(outputs_file),
            on_line=progress(status),
        )
    console.print(f"deployed in {time.monotonic() - started:.0f} s")

    console.rule("3. Outputs")
    outputs: dict[str, str] = json.loads(outputs_file.read_text())[STACK]
    for name, value in sorted(outputs.items()):
        console.print(f"{name} = {value}", soft_wrap=True, markup=False)

    console.rule("4. What stands, as AWS tells it")
    standing = Table("what", "how many", Column("which", overflow="fold"), box=None)
    for row in what_stands(emulator.client, outputs=outputs):
        standing.add_row(row.what, str(row.count), row.which)
    console.print(standing)

    console.rule(f"5. cdktf diff {STACK}")
    with console.status("planning again"):
        plan = cdktf.run("diff", STACK)
    if "No changes." not in plan:
        console.print("the second diff is not empty:\n" + plan, markup=False)
        return 1
    console.print("No changes. Your infrastructure matches the configuration.")

    console.rule("6. Secret values in what was written: state, JSON, outputs, logs")
    printed = {"cdktf deploy": deployed, "cdktf diff": plan}
    result = scan_for_secrets(emulator, outputs, folder, printed=printed)
    console.print(str(result), soft_wrap=True, markup=False)
    if result.found:
        return 1
    console.rule("The embedded AWS is stopped. README.md says how to deploy to a real account.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
