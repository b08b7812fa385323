"""From settings to Terraform JSON on disk."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from types import MappingProxyType

from cdktf import App

from modules.extended_stack import ExtendedStack
from modules.platform_stack import PlatformStack
from modules.preview_stack import PreviewStack
from modules.settings.stage_settings import StageSettings


def synthesize(
    stages: Sequence[StageSettings],
    *,
    adopted: Mapping[str, frozenset[str]],
    outdir: str | None,
    state_folder: PurePath,
    emulated: bool,
    found_names: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> PurePath:
    """Write `OUTDIR/stacks/STACK/cdk.tf.json` for each stage and return the folder of the stacks.

    `adopted` holds, by stage, the addresses of objects that were there before, `found_names` the names of
    those that somebody else has named. The output folder is cdktf's own default where `outdir` is None.
    """
    app = App(outdir=outdir)
    for stage in stages:
        if stage.preview:
            PreviewStack(
                app,
                stage.stack_name,
                stage=stage,
                preview=stage.preview,
                state_folder=state_folder,
                emulated=emulated,
            )
            continue
        kind = ExtendedStack if stage.beside.extension else PlatformStack
        kind(
            app,
            stage.stack_name,
            stage=stage,
            adopted=adopted.get(stage.stage, frozenset()),
            found_names=found_names.get(stage.stage, {}),
            state_folder=state_folder,
            emulated=emulated,
        )
    app.synth()
    return PurePath(app.outdir, "stacks")
