"""`make bench`: measures everything side by side, prints tables, writes bench-results.json.

`python -m dev.bench synthesis` (or another name) measures a part.
"""

import json
import os
import platform
import subprocess
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from common.screen import headline, say, tell
from dev.bench.adoption import BenchError, against_import_loop
from dev.bench.commands import deploy_and_diff
from dev.bench.records import many_objects
from dev.bench.synthesis import against_stock, many_services, many_stages
from local.cdktf import CdktfError

RESULTS = Path("bench-results.json")
PARTS: dict[str, Callable[[], object]] = {
    "synthesis": against_stock,
    "services": many_services,
    "stages": many_stages,
    "records": many_objects,
    "commands": deploy_and_diff,
    "adoption": against_import_loop,
}


def versions() -> dict[str, object]:
    """What was measured, and on what."""
    terraform = json.loads(
        subprocess.run(["terraform", "version", "-json"], capture_output=True, check=True).stdout
    )
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    return {
        "python": platform.python_version(),
        "node": node.stdout.strip(),
        "terraform": terraform["terraform_version"],
        **{
            name: version(name)
            for name in ("cdktf", "cdktf-cdktf-provider-aws", "jsii", "constructs", "moto")
        },
        "cores": os.cpu_count(),
    }


def main(
    parts: Annotated[list[str] | None, typer.Argument(help=f"of {', '.join(PARTS)}")] = None,
) -> None:
    """Measure the parts named, or all."""
    unknown = [part for part in parts or () if part not in PARTS]
    if unknown:
        tell(f"bench: no part {unknown[0]!r}: choose of {', '.join(PARTS)}")
        raise typer.Exit(2)
    results: dict[str, object] = {"versions": versions()}
    try:
        for part in parts or PARTS:
            headline(part)
            results[part] = PARTS[part]()
    except (BenchError, CdktfError) as error:
        tell(f"bench: {error}")
        raise typer.Exit(1) from None
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    say(f"written to {RESULTS}")


app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
app.command()(main)

if __name__ == "__main__":
    app()
