"""The CDKTF app: reads the stage files and writes one Terraform stack per stage.

The only reader of the environment, together with the command lines:

- `ATOMIC_STAGES_DIR`: the folder of the stage files (default: `stages/` beside this file)
- `ATOMIC_STAGE`: only these stages, separated by commas (default: all)
- `ATOMIC_STATE_DIR`: the folder of local state files (default: beside this file)
- `AWS_ENDPOINT_URL`: set when the deploy goes to an emulator
- `CDKTF_OUTDIR`: set by the cdktf command line
"""

import os
import sys
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from bindings import accelerate
from imports.bind import bind_file
from imports.errors import AdoptionError
from imports.record import AdoptionRecord, record_of
from modules.settings import StageSettings
from modules.stage_files import StageFileError, read_stage, stage_names

HERE = Path(__file__).resolve().parent


def chosen_stages(folder: Path, environ: Mapping[str, str]) -> list[StageSettings]:
    """The settings of the stages to synthesize.

    Raises StageFileError with the mistakes of all files.
    """
    asked = (name.strip() for name in environ.get("ATOMIC_STAGE", "").split(","))
    names = [name for name in dict.fromkeys(asked) if name]
    stages, complaints = [], []
    for name in names or stage_names(folder):
        try:
            stages.append(read_stage(folder, name))
        except StageFileError as error:
            complaints.append(str(error))
    if complaints:
        raise StageFileError("\n".join(complaints))
    return stages


def main(environ: MutableMapping[str, str]) -> int:
    """Synthesize; 2 when a stage file or an adoption record has mistakes.

    Nothing is written then, but for a record that does not fit its stage: that stage's stack is removed.
    """
    folder = Path(environ.get("ATOMIC_STAGES_DIR") or HERE / "stages")
    try:
        stages = chosen_stages(folder, environ)
        records: dict[str, AdoptionRecord] = {
            stage.stage: record
            for stage in stages
            if (record := record_of(folder, stage.stage, phase=stage.phase, region=stage.region))
        }
    except (StageFileError, AdoptionError) as error:
        print(error, file=sys.stderr)
        return 2
    accelerate(environ)
    # Only now: the import starts the jsii kernel, which takes seconds and has to find the lazy bindings.
    from modules.app import synthesize  # noqa: PLC0415

    stacks = Path(
        synthesize(
            stages,
            adopted={stage: record.addresses for stage, record in records.items()},
            outdir=environ.get("CDKTF_OUTDIR"),
            state_folder=Path(environ.get("ATOMIC_STATE_DIR") or HERE).resolve(),
            emulated=bool(environ.get("AWS_ENDPOINT_URL")),
        )
    )
    try:
        for stage in stages:
            if stage.stage in records:
                path = stacks / stage.stack_name / "cdk.tf.json"
                bind_file(path, records[stage.stage], phase=stage.phase)
    except AdoptionError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
