"""The command line of the security checks: `python -m security --help`.

Exit codes: 0 nothing open, 1 an error said in one line, 2 something is open.
"""

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from common.progress import Progress
from common.screen import AsJson, print_error, print_json, print_table, progress_on_screen, tell
from modules.settings.stage_files import StageFileError, stage_names
from modules.settings.stage_settings import stack_name
from security.checkov import CheckovError, check
from security.exceptions import read_exceptions, review
from terraform.stack import read_stack
from terraform.workspace import PROJECT, SynthesisError, synthesize

app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
Stages = Annotated[
    list[str] | None, typer.Option("--stage", help="a stage, as in stages/STAGE.toml; default: all")
]


@app.command()
def security(stage: Stages = None, as_json: AsJson = False) -> None:
    """Check what the stages synthesize to with checkov, against the reviewed exceptions."""
    rows = read_exceptions()
    with progress_on_screen(as_json) as progress, tempfile.TemporaryDirectory() as folder:
        documents = _synthesized(stage or _all_stages(), Path(folder) / "cdktf.out", progress)
        progress(f"checkov on {len(documents)} stages")
        checked = Path(folder) / "checked"
        checked.mkdir()
        reports = check(documents, framework="terraform_json", folder=checked)
    failures = [failure for report in reports.values() for failure in report.failures]
    left = review(failures, rows).open
    if as_json:
        print_json({"reports": reports, "open": left})
    else:
        counts = []
        for name, report in reports.items():
            open_here = sum(failure.stage == name for failure in left)
            failed = len(report.failures)
            counts.append((name, report.passed, failed, failed - open_here, open_here))
        print_table(("stage", "passed", "failed", "excepted", "open"), counts)
        if left:
            columns = ("stage", "check", "resource", "what")
            print_table(
                columns, [(each.stage, each.check, each.resource, each.what) for each in left]
            )
    if left:
        raise typer.Exit(2)


def _stages_dir() -> Path:
    return Path(os.environ.get("ATOMIC_STAGES_DIR") or PROJECT / "stages")


def _all_stages() -> list[str]:
    return stage_names(_stages_dir())


def _synthesized(
    stages: list[str], outdir: Path, progress: Progress
) -> Mapping[str, Mapping[str, Any]]:
    """The stages' stacks, as `cdktf synth` writes them.

    Raises StageFileError with what the synthesis says.
    """
    progress(f"synthesizing {', '.join(stages)}")
    try:
        synthesize(stages, stages_dir=_stages_dir(), outdir=outdir, environ=os.environ)
    except SynthesisError as error:
        raise StageFileError(str(error) or "the stages cannot be synthesized") from None
    return {stage: read_stack(outdir / "stacks" / stack_name(stage)).document for stage in stages}


def main() -> None:
    """Run the command line."""
    try:
        app()
    except (CheckovError, StageFileError, ValueError, OSError) as error:
        print_error(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        tell("stopped")
        sys.exit(130)


if __name__ == "__main__":
    main()
