"""Stages synthesized for a look at their resources: in a folder of their own, gone afterwards."""

import json
import os
import tempfile
from collections.abc import Sequence

from modules.settings.stage_settings import StageSettings
from synth.bindings import accelerate
from synth.stages import write_stacks
from terraform.resources import Resource, of_document


def synthesized(stages: Sequence[StageSettings]) -> list[list[Resource]]:
    """The resources of each of these settings; two may be of one stage."""
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
    # The kernel takes its environment from this process.
    accelerate(os.environ)
    with tempfile.TemporaryDirectory(prefix="atomic-synth-") as folder:
        stacks = write_stacks(named, {}, {**os.environ, "CDKTF_OUTDIR": folder})
        return [
            of_document(json.loads((stacks / stage.stack_name / "cdk.tf.json").read_text("utf-8")))
            for stage in named
        ]
