"""Stages synthesized for a look at their stacks: in a folder of their own, gone afterwards.

The one way from settings in hand to a stack. A stage as its files have it is synthesized by
`terraform.workspace.synthesize`, into the folder that it is deployed from.
"""

import os
import tempfile
from collections.abc import Mapping, Sequence

from imports.record import AdoptionRecord
from modules.settings.stage_settings import StageSettings
from synth.bindings import accelerate
from synth.stages import write_stacks
from terraform.stack import Stack, read_stack


def synthesized(
    stage: StageSettings,
    *,
    record: AdoptionRecord | None = None,
    adopted: frozenset[str] = frozenset(),
) -> Stack:
    """The stack of these settings; with a record, bound to it.

    `adopted` are the addresses of objects that were there before, where there is no record yet.
    """
    records = {stage.stage: record} if record else {}
    (stack,) = _stacks([stage], records, {stage.stage: adopted})
    return stack


def synthesized_side_by_side(stages: Sequence[StageSettings]) -> list[Stack]:
    """The stack of each of these settings; two may be of one stage."""
    # Each under a name of its own, because a name is a folder's.
    named = [
        stage.model_copy(
            update={
                "stage": f"{stage.stage}-{index}",
                # A stage that only adopts so far will at least have what its services stand on.
                "phase": "foundation" if stage.phase == "adopt" else stage.phase,
            }
        )
        for index, stage in enumerate(stages)
    ]
    return _stacks(named, {}, {})


def _stacks(
    stages: Sequence[StageSettings],
    records: Mapping[str, AdoptionRecord],
    adopted: Mapping[str, frozenset[str]],
) -> list[Stack]:
    # The kernel takes its environment from this process.
    accelerate(os.environ)
    with tempfile.TemporaryDirectory(prefix="atomic-synth-") as folder:
        environ = {**os.environ, "CDKTF_OUTDIR": folder}
        stacks = write_stacks(stages, records, environ, adopted=adopted)
        return [read_stack(stacks / stage.stack_name) for stage in stages]
