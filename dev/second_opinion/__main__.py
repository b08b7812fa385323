"""Deploys dev onto ministack, plans it once more, destroys it: ministack has nothing of moto, nor of ours.

What ministack lacks is sent to the embedded AWS. All of it listens on the loopback address alone.

Exit codes: 0 all is taken, and the second plan changes only what ministack does not give back as it was put,
1 an error said in one line, 2 it changes more, or ministack gives back what is listed here.
"""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from common.errors import UserError
from common.screen import ASKS_FOR_A_PERSON, print_error, print_table, say, waiting
from dev.packages import installed
from local.cdktf import Cdktf, CdktfError
from local.demo import STACK, STAGE, deploying
from local.emulator import Emulator, EmulatorError, running_emulator
from local.inspection import what_exists
from local.one_step import stage_in_one_step
from modules.base.naming import CLUSTER_SUFFIX
from modules.settings.stage_files import read_stage

HERE: Final = Path(__file__).parent
# What ministack 1.5.33 has not: boto3's names, and those that send Terraform's calls elsewhere.
GAPS: Final = {"application-autoscaling": "AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING"}
# What it takes and does not give back as it was put, so that a second plan puts it again.
NOT_GIVEN_BACK: Final = {
    "aws_cloudwatch_metric_alarm": "actions, dimensions, period, statistic, missing data",
    "aws_db_instance": "exported logs, and the backup window",
    "aws_ecs_service": "rebalancing between zones",
    "aws_flow_log": "interval and tags",
    "aws_security_group": "egress, which has a rule that nobody put",
}
_START_SECONDS: Final = 60
# cdktf writes the construct's path behind an address.
_CHANGED: Final = re.compile(r"# (\S+)(?: \(\S+\))? (?:will|must) be ")


def changed_by(plan: str) -> list[str]:
    """Return the addresses that a plan, as cdktf prints it, would change; the plan where it names none."""
    return [] if "No changes." in plan else sorted(set(_CHANGED.findall(plan))) or [plan]


def judged(changed: Sequence[str]) -> list[str]:
    """Return what speaks against the second plan: other changes than those listed, and lines of no use."""
    types = {address.partition(".")[0] for address in changed}
    return [
        *(
            f"it would change {each}"
            for each in changed
            if each.partition(".")[0] not in NOT_GIVEN_BACK
        ),
        *(
            f"{each} is given back: take it off the list"
            for each in NOT_GIVEN_BACK
            if each not in types
        ),
    ]


@contextmanager
def running_ministack(folder: Path) -> Iterator[Emulator]:
    """Run ministack on a free port until the end of the block.

    Raises EmulatorError when it does not start.
    """
    packages = installed("second-opinion", (HERE / "requirements.txt").read_text())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "PYTHONPATH": str(packages),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": "123456789012",
        "TMPDIR": str(folder),
        # Else it would start databases and tasks as containers where there is a Docker.
        "DOCKER_HOST": f"unix://{folder}/no-docker",
    }
    with (folder / "ministack.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            cwd=folder,
            env={**os.environ, **settings},
            stdout=log,
            stderr=log,
            text=True,
        )
    with process:
        try:
            _wait(process, port)
            yield Emulator(url=f"http://127.0.0.1:{port}", process=process)
        finally:
            process.terminate()


def _wait(process: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise EmulatorError("ministack did not start")


def _tell_of_services(ours: Emulator, stages: Path) -> None:
    """Let ours know the services that are on ministack: it scales none that it does not have."""
    stage = read_stage(stages, STAGE)
    ecs, cluster = ours.client("ecs"), f"{STACK}{CLUSTER_SUFFIX}"
    ecs.create_cluster(clusterName=cluster)
    ecs.register_task_definition(
        family="elsewhere", containerDefinitions=[{"name": "any", "image": "any", "memory": 128}]
    )
    for name in stage.services:
        ecs.create_service(
            cluster=cluster, serviceName=f"{STACK}-{name}", taskDefinition="elsewhere"
        )


def _played(folder: Path) -> list[str]:
    """Deploy, read, plan and destroy; return what speaks against the second plan."""
    with (
        (folder / "aws.log").open("w") as log,
        running_emulator(log) as ours,
        running_ministack(folder) as theirs,
    ):
        stages = stage_in_one_step(folder / "stages")
        _tell_of_services(ours, stages)
        environment = {
            **theirs.environment,
            **dict.fromkeys(GAPS.values(), ours.url),
            "ATOMIC_STAGES_DIR": str(stages),
        }
        cdktf = Cdktf(folder=folder, environment=environment)
        started = time.monotonic()
        with waiting() as progress:
            cdktf.run("deploy", STACK, "--auto-approve", on_line=deploying(progress))
            say(f"deployed in {time.monotonic() - started:.0f} s")
            progress("planning again")
            plan = cdktf.run("diff", STACK)
        state = json.loads(cdktf.state_file(STACK).read_text())
        held = sum(len(each["instances"]) for each in state["resources"])
        outputs = {name: each["value"] for name, each in state["outputs"].items()}
        read = what_exists(
            lambda service: (ours if service in GAPS else theirs).client(service), outputs=outputs
        )
        print_table(("what", "how many", "which"), list(read))
        changed = changed_by(plan)
        against = judged(changed)
        say(
            f"objects: {held}; the second plan would change {len(changed)}, unlisted: {len(against)}"
        )
        with waiting() as progress:
            progress("destroying")
            cdktf.run("destroy", STACK, "--auto-approve")
        left = json.loads(cdktf.state_file(STACK).read_text())["resources"]
        say(f"destroyed; left in the state: {len(left)}")
    return against


def main() -> int:
    """Print what came of it."""
    with tempfile.TemporaryDirectory(prefix="atomic-second-opinion-") as name:
        try:
            against = _played(Path(name))
        except (CdktfError, EmulatorError, UserError, OSError) as error:
            print_error(str(error))
            return 1
    for each in against:
        say(each)
    return ASKS_FOR_A_PERSON if against else 0


if __name__ == "__main__":
    sys.exit(main())
