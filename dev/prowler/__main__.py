"""Deploys prod onto the embedded AWS, lets prowler look at it, and lays the reviewed exceptions over that.

Exit codes: 0 nothing open, 1 an error said in one line, 2 something is open, or a row of exceptions excuses
nothing.
"""

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from common.errors import UserError
from common.screen import ASKS_FOR_A_PERSON, print_error, print_table, say, waiting
from dev.packages import PROJECT, installed, run
from local.cdktf import Cdktf, CdktfError
from local.demo import deploying
from local.emulator import Emulator, EmulatorError, running_emulator
from security.exceptions import Failure, Reviewed, read_exceptions, review

STAGE = "prod"
# Those that a stage is made of. What belongs to the account (GuardDuty, CloudTrail, Config) doctor names.
SERVICES = (
    *("acm", "backup", "cloudwatch", "ec2", "ecr", "ecs", "efs", "elbv2", "eventbridge", "iam"),
    *("kms", "rds", "route53", "s3", "secretsmanager", "sns", "vpc", "wafv2"),
)
_OPTIONS = (
    *("--region", "us-east-1", "--output-formats", "json-ocsf", "--output-filename", STAGE),
    *("--no-banner", "--no-color", "--ignore-exit-code-3"),
)


def failures_of(findings: Sequence[dict[str, Any]]) -> list[Failure]:
    """Return what failed, of prowler's findings in OCSF."""
    return [
        Failure(
            check=each["metadata"]["event_code"],
            resource=each["resources"][0]["uid"],
            stage=STAGE,
            what=each["status_detail"],
        )
        for each in findings
        if each["status_code"] == "FAIL"
    ]


def _deploy(emulator: Emulator, folder: Path) -> None:
    stages = folder / "stages"
    stages.mkdir()
    text = (PROJECT / "stages" / f"{STAGE}.toml").read_text()
    # In one deploy: services log in as the master user.
    (stages / f"{STAGE}.toml").write_text(f"{text}\n[database]\nlogin_roles = false\n")
    environment = {**emulator.environment, "ATOMIC_STAGES_DIR": str(stages)}
    with waiting() as progress:
        Cdktf(folder=folder, environment=environment).run(
            "deploy", f"atomic-{STAGE}", "--auto-approve", on_line=deploying(progress)
        )


def _findings(emulator: Emulator, folder: Path) -> list[dict[str, Any]]:
    requirements = (Path(__file__).parent / "requirements.txt").read_text()
    packages = installed("prowler", requirements)
    with waiting() as progress:
        progress(f"prowler looks at {len(SERVICES)} services")
        run(
            [
                *(sys.executable, str(packages / "bin" / "prowler"), "aws", *_OPTIONS),
                *("--output-directory", str(folder), "--service", *SERVICES),
            ],
            folder,
            {
                **emulator.environment,
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_MAX_ATTEMPTS": "1",
                "PYTHONPATH": str(packages),
            },
        )
    found: list[dict[str, Any]] = json.loads((folder / f"{STAGE}.ocsf.json").read_text())
    return found


def _print(findings: Sequence[dict[str, Any]], reviewed: Reviewed) -> None:
    by_status = Counter(each["status_code"] for each in findings)
    excepted = by_status["FAIL"] - len(reviewed.open)
    print_table(
        ("stage", "passed", "failed", "excepted", "open"),
        [(STAGE, by_status["PASS"], by_status["FAIL"], excepted, len(reviewed.open))],
    )
    if reviewed.open:
        rows = [(each.check, each.resource, each.what) for each in reviewed.open]
        print_table(("check", "resource", "what"), rows)
    for row in reviewed.unused:
        say(f"a row of security/exceptions.toml excuses nothing with one of its parts: {row.check}")


def main() -> int:
    """Deploy, ask, and print."""
    with tempfile.TemporaryDirectory(prefix="atomic-prowler-") as name:
        folder = Path(name)
        try:
            with (folder / "aws.log").open("w") as log, running_emulator(log) as emulator:
                _deploy(emulator, folder)
                findings = _findings(emulator, folder)
        except (CdktfError, EmulatorError, UserError, OSError) as error:
            print_error(str(error))
            return 1
        reviewed = review(failures_of(findings), read_exceptions(tool="prowler"))
    _print(findings, reviewed)
    return ASKS_FOR_A_PERSON if reviewed.open or reviewed.unused else 0


if __name__ == "__main__":
    sys.exit(main())
