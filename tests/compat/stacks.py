"""Writes the JSON of every stage and variant below a folder: `python -m tests.compat.stacks FOLDER`.

A process of its own, because which bindings it finds depends on its path.
"""

import os
import sys
from pathlib import Path, PurePath

from synth.bindings import accelerate
from tests.stages import ADOPTED_BASE, BESIDES, SHIPPED, VARIANTS, stage_settings


def main(outdir: str) -> None:
    """Synthesize them in one app."""
    accelerate(os.environ)
    from modules.app import synthesize  # noqa: PLC0415  # starts the jsii kernel

    synthesize(
        [stage_settings(name) for name in (*SHIPPED, *VARIANTS, *BESIDES)],
        adopted={"adopted": ADOPTED_BASE},
        outdir=str(Path(outdir).resolve()),
        state_folder=PurePath("/state"),
        emulated=False,
    )


if __name__ == "__main__":
    main(sys.argv[1])
