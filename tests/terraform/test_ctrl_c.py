"""Ctrl-C on a terminal in a command of ours that runs terraform by itself: as in `cdktf deploy`.

Other processes are real, terraform is a program that says what it hears.
"""

import os
import sys
from pathlib import Path

import pytest

from dev.fault_injection.running import Running
from local.emulator import PROJECT

# It has asked AWS for something, and its provider hears the answer after a second.
TERRAFORM = f"""#!{sys.executable} -I
import os, pathlib, signal, subprocess, time
heard = []
def hear(*_):
    heard.append(pathlib.Path("answer").exists())
signal.signal(signal.SIGINT, hear)
provider = subprocess.Popen(["sh", "-c", "sleep 1; touch answer"])
os.write(1, b"aws_sns_topic.alarms: Creating...\\n")
pathlib.Path("begun").touch()
until = time.monotonic() + 30
while not heard and time.monotonic() < until:
    time.sleep(0.02)
provider.wait()
pathlib.Path("told").write_text(repr(heard))
"""
# What `imports adopt`, `ops preview` and the like do. It says when terraform works, for the test.
COMMAND = """
import os, pathlib, threading, time
from terraform.cli import Terraform
def watch():
    while not pathlib.Path("begun").exists():
        time.sleep(0.02)
    time.sleep(0.2)
    print("working", flush=True)
threading.Thread(target=watch, daemon=True).start()
Terraform(folder=pathlib.Path.cwd(), environment=dict(os.environ)).apply(pathlib.Path("plan"))
"""


@pytest.mark.parametrize("chosen", ["", "terraform", str(PROJECT / "dev/setup/terraform_once")])
def test_ctrl_c_lets_aws_answer_whichever_terraform_is_chosen(tmp_path: Path, chosen: str) -> None:
    program = tmp_path / "bin" / "terraform"
    program.parent.mkdir()
    program.write_text(TERRAFORM)
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    running = Running(
        (sys.executable, "-c", COMMAND),
        cwd=tmp_path,
        environment={
            **os.environ,
            "PATH": path,
            "PYTHONPATH": str(PROJECT),
            "TERRAFORM_BINARY_NAME": chosen,
        },
        on_terminal=True,
    )
    assert running.wait_for_text("working")

    running.press_ctrl_c()
    finished = running.finish()

    assert "interrupted: Terraform is finishing what it has begun, wait ..." in finished.text
    assert finished.text.rstrip().endswith("KeyboardInterrupt")
    assert (tmp_path / "told").read_text() == "[True]"
