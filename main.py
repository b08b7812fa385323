"""The CDKTF app: reads the stage files and writes one Terraform stack per stage.

The only reader of the environment, together with the command lines:

- `ATOMIC_STAGES_DIR`: the folder of the stage files (default: `stages/` beside this file)
- `ATOMIC_STAGE`: only these stages, separated by commas (default: all)
- `ATOMIC_STATE_DIR`: the folder of local state files (default: beside this file)
- `AWS_ENDPOINT_URL`: set when the deploy goes to an emulator
- `ATOMIC_STOCK_BINDINGS`: set to anything, turns off everything that makes synthesis fast
- `ATOMIC_SYNTH_AFRESH`: set to anything, synthesizes stages too that have not changed
- `CDKTF_OUTDIR`, `CDKTF_CONTEXT_JSON`, `SYNTH_HCL_OUTPUT`: set by the cdktf command line
"""

import os
import sys

if __name__ == "__main__":
    if __debug__ and not os.environ.get("ATOMIC_STOCK_BINDINGS"):
        # jsii checks the type of every argument unless Python optimizes, an eighth of a synthesis; mypy has
        # checked them before. What is imported before the restart would be imported twice.
        os.execv(sys.executable, [sys.executable, "-O", *sys.orig_argv[1:]])  # noqa: S606  # ourselves, no shell
    from synth.bindings import keep_garbage, leave

    keep_garbage(os.environ)
    from synth.stages import synthesize_stages

    leave(synthesize_stages(os.environ), os.environ)
