"""The command line of the security checks: `python -m security --help`.

Exit codes: 0 nothing open, 1 an error said in one line, 2 something is open.
"""

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from common.progress import Progress
from common.screen import (
    ASKS_FOR_A_PERSON,
    AsJson,
    Version,
    print_error,
    print_json,
    print_table,
    progress_on_screen,
    say,
    tell,
)
from modules.settings.stage_files import StageFileError, read_stage, stage_names
from modules.settings.stage_settings import StageSettings, stack_name
from security.checkov import CheckovError, check
from security.containers import container_failures
from security.exceptions import Failure, read_exceptions, review
from security.expected import expected_reach, expected_secrets
from security.iam import iam_failures, secret_failures
from security.policy_documents import policy_documents
from security.reachability import network_failures, reachability
from terraform.stack import Stack, read_stack
from terraform.workspace import PROJECT, SynthesisError, synthesize

app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
Stages = Annotated[
    list[str] | None, typer.Option("--stage", help="a stage, as in stages/STAGE.toml; default: all")
]


@app.command()
def security(stage: Stages = None, as_json: AsJson = False, _version: Version = False) -> None:
    """Check what the stages synthesize to: checkov, containers, IAM policies, who reaches whom.

    What is found is open unless a reviewed exception (security/exceptions.toml) names it.
    """
    rows = read_exceptions()
    with progress_on_screen(as_json) as progress, tempfile.TemporaryDirectory() as folder:
        settings = {name: read_stage(_stages_dir(), name) for name in stage or _all_stages()}
        stacks = _synthesized(list(settings), Path(folder) / "cdktf.out", progress)
        progress(f"policies and connections of {len(stacks)} stages")
        own = {name: _own_failures(stacks[name], settings[name]) for name in stacks}
        progress(f"checkov on {len(stacks)} stages")
        checked = Path(folder) / "checked"
        checked.mkdir()
        documents = {name: each.document for name, each in stacks.items()}
        reports = check(documents, framework="terraform_json", folder=checked)
    by_checkov = {name: report.failures for name, report in reports.items()}
    found = [each for by in (by_checkov, own) for failures in by.values() for each in failures]
    left = review(found, rows).open
    if as_json:
        print_json({"reports": reports, "own": own, "open": left})
    else:
        counts = []
        for name, report in reports.items():
            failed = len(report.failures) + len(own[name])
            open_here = sum(each.stage == name for each in left)
            counts.append((name, report.passed, failed, failed - open_here, open_here))
        print_table(("stage", "passed", "failed", "excepted", "open"), counts)
        for name, each in stacks.items():
            say(
                f"{name}: beside checkov {len(policy_documents(each))} policies and {_network(each)}"
            )
        if left:
            columns = ("stage", "check", "resource", "what")
            print_table(
                columns, [(each.stage, each.check, each.resource, each.what) for each in left]
            )
    if left:
        raise typer.Exit(ASKS_FOR_A_PERSON)


def _own_failures(stack: Stack, settings: StageSettings) -> list[Failure]:
    """Return what is wrong with a stage's containers, policies and network."""
    stage = settings.stage
    return sorted(
        [
            *container_failures(stack, stage=stage),
            *iam_failures(stack, stage=stage),
            *secret_failures(stack, stage=stage, reads=expected_secrets(settings)),
            *network_failures(stack, stage=stage, expected=expected_reach(settings)),
        ]
    )


def _network(stack: Stack) -> str:
    try:
        return f"{len(reachability(stack))} connections"
    except ValueError:
        return "not the network, which has a rule that cannot be read"


def _stages_dir() -> Path:
    return Path(os.environ.get("ATOMIC_STAGES_DIR") or PROJECT / "stages")


def _all_stages() -> list[str]:
    return stage_names(_stages_dir())


def _synthesized(stages: list[str], outdir: Path, progress: Progress) -> Mapping[str, Stack]:
    """Return the stages' stacks, as `cdktf synth` writes them.

    Raises StageFileError with what the synthesis says.
    """
    progress(f"synthesizing {', '.join(stages)}")
    try:
        synthesize(stages, stages_dir=_stages_dir(), outdir=outdir, environ=os.environ)
    except SynthesisError as error:
        raise StageFileError(str(error) or "the stages cannot be synthesized") from None
    return {stage: read_stack(outdir / "stacks" / stack_name(stage)) for stage in stages}


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
