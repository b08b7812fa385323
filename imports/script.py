"""Writes the adoption as `terraform import` commands, for those who want to go one by one."""

import shlex

from common.errors import one_line
from imports.record import AdoptionRecord
from modules.settings.stage_settings import stack_name
from terraform.addresses import address_order


def import_commands(record: AdoptionRecord) -> str:
    """A POSIX shell script that imports each object which the state does not know yet, sorted.

    It may be run again after an interruption.
    """
    stage = one_line(record.stage)
    lines = [
        "#!/bin/sh",
        f"# Imports the {len(record.adopted)} adopted objects of the stage {stage}, one by one.",
        f"# Run it in the stack's folder, cdktf.out/stacks/{stack_name(stage)}, after `cdktf synth`",
        "# and `terraform init`. What the state holds already is skipped.",
        "set -eu",
        "",
    ]
    for item in sorted(record.adopted, key=lambda item: address_order(item.address)):
        address, object_id = shlex.quote(item.address), shlex.quote(item.import_id)
        lines.append(
            f"terraform state show {address} >/dev/null 2>&1 || "
            f"terraform import {address} {object_id}"
        )
    return "\n".join(lines) + "\n"
