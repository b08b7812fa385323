"""The demonstration: deploys the dev stage in full onto an embedded AWS and shows what exists.

`make demo` runs it. It needs no AWS account, and leaves nothing behind but what it printed.
"""

import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from common.progress import Progress
from common.screen import headline, on_a_terminal, print_table, say, waiting
from local.cdktf import Cdktf, CdktfError
from local.emulator import Emulator, EmulatorError, running_emulator
from local.inspection import what_exists
from local.one_step import stage_in_one_step
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


def deploying(tell_step: Progress) -> Callable[[str], None]:
    """Turn cdktf's lines into one line that says how far the deploy is."""
    started = time.monotonic()
    created = 0
    planned = "?"

    def on_line(line: str) -> None:
        nonlocal created, planned
        if plan := _PLANNED.search(line):
            planned = plan[1]
        if (done := _DONE.search(line)) and done[2] == "Creation":
            created += 1
            # Each of them where the line is written anew, every fiftieth where it is one more.
            if on_a_terminal() or created % 50 == 0:
                elapsed = time.monotonic() - started
                tell_step(f"deploying: {created} of {planned} after {elapsed:.0f} s, {done[1]}")

    return on_line


def main() -> int:
    """Play it; 0 when the deploy succeeded and the second diff was empty."""
    with tempfile.TemporaryDirectory(prefix="atomic-demo-") as folder:
        log_path = Path(folder) / "aws.log"
        try:
            with log_path.open("w") as log, running_emulator(log) as emulator:
                return _play(emulator, Path(folder))
        except (CdktfError, EmulatorError) as error:
            say(f"{error}\n{log_path.read_text()[-2000:]}")
            return 1
        except KeyboardInterrupt:
            say("stopped")
            return 130


def _play(emulator: Emulator, folder: Path) -> int:
    headline("1. An embedded AWS")
    say(f"AWS_ENDPOINT_URL={emulator.url}")
    stages = stage_in_one_step(folder / "stages")
    cdktf = Cdktf(
        folder=folder, environment={**emulator.environment, "ATOMIC_STAGES_DIR": str(stages)}
    )

    headline(f"2. cdktf deploy {STACK}")
    started = time.monotonic()
    outputs_file = folder / "outputs.json"
    with waiting() as progress:
        progress("synthesizing and planning")
        deployed = cdktf.run(
            "deploy",
            STACK,
            "--auto-approve",
            "--outputs-file",
            str(outputs_file),
            on_line=deploying(progress),
        )
    say(f"deployed in {time.monotonic() - started:.0f} s")

    headline("3. Outputs")
    outputs: dict[str, str] = json.loads(outputs_file.read_text())[STACK]
    for name, value in sorted(outputs.items()):
        say(f"{name} = {value}")

    headline("4. What exists, as AWS tells it")
    existing = what_exists(emulator.client, outputs=outputs)
    print_table(("what", "how many", "which"), list(existing))

    headline(f"5. cdktf diff {STACK}")
    with waiting() as progress:
        progress("planning again")
        plan = cdktf.run("diff", STACK)
    if "No changes." not in plan:
        say("the second diff is not empty:\n" + plan)
        return 1
    say("No changes. Your infrastructure matches the configuration.")

    headline("6. Secret values in what was written: state, JSON, outputs, logs")
    printed = {"cdktf deploy": deployed, "cdktf diff": plan}
    result = scan_for_secrets(emulator, outputs, folder, printed=printed)
    say(result)
    if result.found:
        return 1
    headline("The embedded AWS is stopped. docs/real-account.md says how to deploy to a real one.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
