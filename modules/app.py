"""From settings to Terraform JSON on disk."""

from collections.abc import Sequence
from pathlib import PurePath

from cdktf import App

from modules.platform_stack import PlatformStack
from modules.settings import StageSettings


def synthesize(
    stages: Sequence[StageSettings],
    *,
    outdir: str | None,
    state_folder: PurePath,
    emulated: bool,
) -> None:
    """Write `OUTDIR/stacks/STACK/cdk.tf.json` for each stage (default `cdktf.out`)."""
    app = App(outdir=outdir)
    for stage in stages:
        PlatformStack(
            app,
            stage.stack_name,
            stage=stage,
            state_folder=state_folder,
            emulated=emulated,
        )
    app.synth()
