"""Lets cfn-lint look at what `imports retire` and `rollback` send to CloudFormation, a stack of each shape.

What it finds in the owner's own template is the owner's: what counts is what our changes add.

Exit codes: 0 nothing is added, 1 an error said in one line, 2 something is.
"""

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from common.errors import UserError
from common.screen import ASKS_FOR_A_PERSON, print_error, print_table, say, tell
from dev.packages import installed, run
from imports.sources.cloudformation.owners_stack import read_owners_stack
from imports.stack_retirement.bring_back import bring_back
from imports.stack_retirement.plan import plan, retained
from imports.stack_retirement.stack_backup import StackBackup
from imports.stack_retirement.template_text import keeping
from local.emulator import REGION, Emulator, EmulatorError, running_emulator
from local.owners_stack import SHAPES, make_owners_stack
from tests.imports.stack_retirement.worlds import ACCOUNT
from tests.integration.test_cloudformation_retired import record_of

HERE: Final = Path(__file__).parent
OWN: Final = "as the owner has it"
# An import may only add rows: parameters and conditions of before stay, also where the row that used one
# does not come back. Both rules say that.
HARMLESS: Final = frozenset({"W2001", "W8001"})


def sent(aws: Emulator, shape: str) -> Mapping[str, str]:
    """Return the texts of a stack of this shape: the owner's own, and each that we would send."""
    owners = make_owners_stack(aws, shape)
    record = record_of(aws, owners)
    found = read_owners_stack(aws.client, owners.arn, progress=lambda _: None, with_drift=False)
    assert record.stack is not None  # it is made of a stack
    rows = retained(plan(record.stack, found))
    text = json.dumps(owners.template(), indent=1)
    backup = StackBackup(
        arn=owners.arn,
        name=found.name,
        template=text,
        parameters={},
        capabilities=[],
        role_arn="",
        tags={},
        physical_ids={logical_id: row.physical_id for logical_id, row in found.rows.items()},
        armed=[],
    )
    return {
        OWN: text,
        "retire: what stays is kept": keeping(text, rows),
        "retire: asked again": keeping(text, rows, with_handle=True),
        "rollback: brought back": bring_back(
            backup, rows, account_id=ACCOUNT, allocations={}
        ).template,
    }


def findings(packages: Path, folder: Path, text: str) -> set[tuple[str, str]]:
    """Return the rule and the message of each finding in a template."""
    path = folder / "template.json"
    path.write_text(text)
    printed = run(
        [
            *(
                sys.executable,
                str(packages / "bin" / "cfn-lint"),
                "--format",
                "json",
                "--regions",
                REGION,
            ),
            *("--non-zero-exit-code", "none", "--", str(path)),
        ],
        folder,
        {"PYTHONPATH": str(packages)},
    )
    return {
        (
            each["Rule"]["Id"],
            f"{each['Message']} ({'/'.join(map(str, each['Location']['Path'] or []))})",
        )
        for each in json.loads(printed or "[]")
        if each["Rule"]["Id"] not in HARMLESS
    }


def main() -> int:
    """Print a row for each template."""
    rows: list[tuple[object, ...]] = []
    told = []
    try:
        packages = installed("cfn-lint", (HERE / "requirements.txt").read_text())
        with tempfile.TemporaryDirectory(prefix="atomic-cfn-lint-") as name:
            for shape in SHAPES:
                tell(f"... {shape}")
                with running_emulator() as aws:
                    texts = sent(aws, shape)
                own = findings(packages, Path(name), texts[OWN])
                for what, text in texts.items():
                    found = own if what == OWN else findings(packages, Path(name), text)
                    added = sorted(found - own)
                    rows.append(
                        (shape, what, len(json.loads(text)["Resources"]), len(found), len(added))
                    )
                    told += [f"{shape}, {what}: {rule}: {message}" for rule, message in added]
    except (EmulatorError, UserError, OSError) as error:
        print_error(str(error))
        return 1
    print_table(("stack", "template", "rows", "findings", "added by us"), rows)
    for line in told:
        say(line)
    return ASKS_FOR_A_PERSON if told else 0


if __name__ == "__main__":
    sys.exit(main())
