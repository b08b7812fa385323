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

from synth.bindings import leave, restart_without_checks

if __name__ == "__main__":
    restart_without_checks(os.environ)
    # Only now: what is imported before the restart is imported twice.
    from synth.stages import synthesize_stages

    leave(synthesize_stages(os.environ), os.environ)
