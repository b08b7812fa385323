"""Terraform hears of each Ctrl-C once, ends by itself, and leaves a state that can be read."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from dev.setup.quiet_logs import quiet
from local.emulator import PROJECT
from terraform.state_file import CUT_SHORT, lock_info_path

ONCE = str(PROJECT / "dev" / "setup" / "terraform_once")
STATE = json.dumps({"version": 4, "resources": [{"mode": "managed"}]})
# Says what it hears, and lives until its folder holds a file named `end`, or what `then` does.
TERRAFORM = """#!{python} -I
import os, pathlib, signal, sys, time
heard = []
def hear(*_):
    heard.append(1)
    os.write(1, f"heard {{len(heard)}}\\n".encode())
signal.signal(signal.SIGINT, hear)
os.write(1, f"begun {{os.getsid(0) == os.getpid()}}\\n".encode())
while not pathlib.Path("end").exists():
    time.sleep(0.02)
{then}
print("ended", len(heard), flush=True)
"""

Run = subprocess.Popen[str]


class Stack:
    """A stack's folder, with a terraform of ours on PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "stack"
        self.bin = folder / "bin"
        for each in (self.folder / ".terraform", self.bin):
            each.mkdir(parents=True)
        self.state_file = folder / "terraform.atomic-dev.tfstate"
        document = {"terraform": {"backend": {"local": {"path": str(self.state_file)}}}}
        (self.folder / "cdk.tf.json").write_text(json.dumps(document))
        self.terraform()

    def terraform(self, then: str = "") -> None:
        """What terraform does at its end."""
        program = self.bin / "terraform"
        program.write_text(TERRAFORM.format(python=sys.executable, then=then))
        program.chmod(0o755)

    @contextmanager
    def run(self, *arguments: str, **environment: str) -> Iterator[Run]:
        """A terraform that has begun."""
        with subprocess.Popen(
            [ONCE, *arguments],
            cwd=self.folder,
            env=self.environment(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Under nohup, a hangup would be ignored, and rightly.
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # noqa: PLW1509  # no thread
        ) as process:
            assert process.stdout
            assert process.stdout.readline().startswith("begun True")
            yield process
            self.end()

    def environment(self, changes: Mapping[str, str]) -> dict[str, str]:
        """Ours before all else on PATH."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
        return {**kept, "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}", **changes}

    def end(self) -> None:
        """Let terraform end."""
        (self.folder / "end").touch()

    def rest_of(self, process: Run) -> list[str]:
        """What it prints from here to its end."""
        self.end()
        return process.communicate(timeout=30)[0].splitlines()


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path)


def heard(process: Run, number: int) -> None:
    """Wait until terraform has heard so many."""
    assert process.stdout
    assert process.stdout.readline() == f"heard {number}\n"


def test_terraform_has_a_session_of_its_own_and_its_exit_code_comes_through(stack: Stack) -> None:
    stack.terraform(then="sys.exit(2)")
    with stack.run("plan", "-detailed-exitcode") as process:
        stack.rest_of(process)

    assert process.returncode == 2


def test_one_ctrl_c_is_one_interrupt_and_terraform_goes_on_to_its_end(stack: Stack) -> None:
    with stack.run("apply") as process:
        process.send_signal(signal.SIGINT)
        heard(process, 1)

        assert stack.rest_of(process) == ["ended 1"]
    assert process.returncode == 0
    assert not (stack.folder / CUT_SHORT).exists()


@pytest.mark.parametrize(
    "more", [[signal.SIGTERM], [signal.SIGHUP], [signal.SIGHUP, signal.SIGTERM]]
)
def test_what_cdktf_and_a_closed_terminal_add_to_a_ctrl_c_counts_no_more(
    stack: Stack, more: list[signal.Signals]
) -> None:
    with stack.run("apply") as process:
        process.send_signal(signal.SIGINT)
        heard(process, 1)
        for each in more:
            process.send_signal(each)
            time.sleep(0.1)

        assert stack.rest_of(process) == ["ended 1"]


@pytest.mark.parametrize("alone", [signal.SIGTERM, signal.SIGHUP])
def test_a_closed_terminal_alone_interrupts_terraform(stack: Stack, alone: signal.Signals) -> None:
    with stack.run("apply") as process:
        process.send_signal(alone)
        heard(process, 1)


def test_the_second_ctrl_c_is_passed_on_and_a_third_is_not(stack: Stack) -> None:
    with stack.run("apply") as process:
        for number in (1, 2):
            process.send_signal(signal.SIGINT)
            heard(process, number)
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)

        assert stack.rest_of(process) == ["ended 2"]


def test_a_run_stopped_at_once_leaves_word(stack: Stack) -> None:
    with stack.run("destroy") as process:
        for number in (1, 2):
            process.send_signal(signal.SIGINT)
            heard(process, number)

    noted = json.loads((stack.folder / CUT_SHORT).read_text())
    assert noted["command"] == "destroy"
    assert noted["at"].endswith("Z")


# What it has just asked of AWS: a provider, which hears the answer after a second.
ASKING = """
import subprocess
provider = subprocess.Popen(["sh", "-c", "sleep 1; touch answer"])
def hear(*_):
    heard.append(1)
    pathlib.Path("went on").touch()
    answered = pathlib.Path("answer").exists()
    os.write(1, f"heard {len(heard)}, answered {answered}\\n".encode())
signal.signal(signal.SIGINT, hear)
os.write(1, b"aws_sns_topic.alarms: Creating...\\n")
end = pathlib.Path("enough")
while not end.exists():
    time.sleep(0.02)
provider.wait()
"""


def is_asking(stack: Stack, process: Run) -> None:
    """Let terraform begin with an object, and wait until that is said."""
    stack.end()
    assert process.stdout
    assert process.stdout.readline() == "aws_sns_topic.alarms: Creating...\n"
    time.sleep(0.2)


def heard_at_a_second_one(stack: Stack, process: Run) -> list[str]:
    """Press Ctrl-C again, let terraform end, and return what it said of each."""
    process.send_signal(signal.SIGINT)
    assert process.stdout
    lines = [process.stdout.readline() for _ in range(2)]
    (stack.folder / "enough").touch()
    return lines


def test_terraform_hears_of_a_ctrl_c_once_aws_has_answered_what_was_asked(stack: Stack) -> None:
    """An interrupt makes the provider give up its requests: what AWS makes of them would be in no state."""
    stack.terraform(then=ASKING)
    with stack.run("apply") as process:
        is_asking(stack, process)
        process.send_signal(signal.SIGINT)
        assert process.stdout
        assert process.stdout.readline() == "heard 1, answered True\n"
        (stack.folder / "enough").touch()


# Whether its provider stands still: when it has heard of a Ctrl-C, and afterwards.
LOOKING = """
import subprocess
provider = subprocess.Popen(["sleep", "60"])
def stands_still():
    return pathlib.Path(f"/proc/{provider.pid}/stat").read_text().split()[2] == "T"
def hear(*_):
    until = time.monotonic() + BUSY_SECONDS
    while time.monotonic() < until:
        pass
    os.write(1, f"heard 1, stands still {stands_still()}\\n".encode())
    until = time.monotonic() + 10
    while stands_still() and time.monotonic() < until:
        time.sleep(0.02)
    os.write(1, f"stands still {stands_still()}\\n".encode())
signal.signal(signal.SIGINT, hear)
os.write(1, b"aws_sns_topic.alarms: Creating...\\n")
signal.pause()
provider.kill()
"""


@pytest.mark.parametrize("busy_seconds", [0, 2], ids=["at once", "slowly"])
def test_the_provider_asks_for_nothing_while_terraform_sees_that_it_is_to_end(
    stack: Stack, busy_seconds: int
) -> None:
    """Terraform begins with other objects first: the provider would ask AWS, and give it up again."""
    stack.terraform(then=f"BUSY_SECONDS = {busy_seconds}{LOOKING}")
    with stack.run("apply") as process:
        is_asking(stack, process)
        process.send_signal(signal.SIGINT)
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(2)]

    assert lines == ["heard 1, stands still True\n", "stands still False\n"]


def test_a_second_ctrl_c_does_not_wait_for_aws(stack: Stack) -> None:
    stack.terraform(then=ASKING)
    with stack.run("apply") as process:
        is_asking(stack, process)
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        lines = heard_at_a_second_one(stack, process)

    assert lines == ["heard 1, answered False\n", "heard 2, answered False\n"]


def test_a_second_ctrl_c_wakes_terraform_where_what_should_have_was_killed(stack: Stack) -> None:
    stack.terraform(then=ASKING)
    with stack.run("apply") as process:
        is_asking(stack, process)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        (waker,) = (
            int(each)
            for each in children
            if b"waker.py" in Path(f"/proc/{each}/cmdline").read_bytes()
        )
        os.kill(waker, signal.SIGKILL)
        time.sleep(0.2)
        lines = heard_at_a_second_one(stack, process)

    assert [line.split(",")[0] for line in lines] == ["heard 1", "heard 2"]


def test_terraform_goes_on_although_the_shield_is_killed_meanwhile(stack: Stack) -> None:
    stack.terraform(then=ASKING)
    with stack.run("apply") as process:
        is_asking(stack, process)
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        process.kill()
        until = time.monotonic() + 20
        while not (stack.folder / "went on").exists() and time.monotonic() < until:
            time.sleep(0.05)

    assert (stack.folder / "went on").exists()


@pytest.mark.parametrize(
    ("said", "noted"),
    [("creating VPC: context canceled", True), ("Creation complete after 1s", False)],
)
def test_one_ctrl_c_leaves_word_where_the_provider_gave_a_request_up(
    stack: Stack, said: str, noted: bool
) -> None:
    stack.terraform(then=f"print({said!r}, flush=True)")
    with stack.run("apply") as process:
        process.send_signal(signal.SIGINT)
        heard(process, 1)

    assert (stack.folder / CUT_SHORT).exists() is noted


@pytest.mark.parametrize(
    ("said", "code", "told"),
    [
        ("Error: Instance cannot be destroyed\n" * 3, 1, 1),
        ("Error: Instance cannot be destroyed\n", 0, 0),
        ("Error: something else", 1, 0),
    ],
    ids=["refused three times", "not in the end", "another error"],
)
def test_a_refused_destroy_is_put_down_to_retain_data_in_one_line(
    stack: Stack, said: str, code: int, told: int
) -> None:
    stack.terraform(then=f"print({said!r}, flush=True); sys.exit({code})")
    with stack.run("destroy") as process:
        lines = stack.rest_of(process)

    assert process.returncode == code
    assert sum("retain_data" in line for line in lines) == told


def test_a_refusal_is_read_across_two_writes(stack: Stack) -> None:
    halves = "os.write(1, b'Instance cannot'); time.sleep(0.3); os.write(1, b' be destroyed')"
    stack.terraform(then=f"{halves}; sys.exit(1)")
    with stack.run("destroy") as process:
        lines = stack.rest_of(process)

    assert "retain_data" in lines[-1]


def test_a_plan_stopped_at_once_was_making_nothing(stack: Stack) -> None:
    with stack.run("plan") as process:
        for number in (1, 2):
            process.send_signal(signal.SIGINT)
            heard(process, number)

    assert not (stack.folder / CUT_SHORT).exists()


@pytest.mark.parametrize("left", ["", STATE[:20]])
def test_a_state_file_truncated_by_the_second_ctrl_c_is_put_back(stack: Stack, left: str) -> None:
    stack.state_file.write_text(STATE)
    stack.state_file.chmod(0o640)
    stack.terraform(then=f"pathlib.Path({str(stack.state_file)!r}).write_text({left!r})")
    with stack.run("apply") as process:
        for number in (1, 2):
            process.send_signal(signal.SIGINT)
            heard(process, number)
        said = stack.rest_of(process)

    assert stack.state_file.read_text() == STATE
    assert stack.state_file.stat().st_mode & 0o777 == 0o640
    assert "terraform.atomic-dev.tfstate was truncated, and is put back" in said[-1]


def test_a_state_that_terraform_wrote_at_its_end_stays(stack: Stack) -> None:
    newer = STATE.replace("}]", "}, {}]")
    stack.state_file.write_text(STATE)
    stack.terraform(then=f"pathlib.Path({str(stack.state_file)!r}).write_text({newer!r})")
    with stack.run("apply") as process:
        for number in (1, 2):
            process.send_signal(signal.SIGINT)
            heard(process, number)

    assert stack.state_file.read_text() == newer


def test_a_lock_that_the_stopped_terraform_left_is_taken_away(stack: Stack) -> None:
    info = lock_info_path(stack.state_file)
    stack.state_file.write_text(STATE)
    stack.terraform(then=f"pathlib.Path({str(info)!r}).write_text('{{}}')")
    with stack.run("apply") as process:
        for number in (1, 2):
            process.send_signal(signal.SIGINT)
            heard(process, number)

    assert not info.exists()


def test_a_lock_that_stood_before_is_somebody_elses(stack: Stack) -> None:
    info = lock_info_path(stack.state_file)
    stack.state_file.write_text(STATE)
    info.write_text("{}")
    with stack.run("apply") as process:
        for number in (1, 2):
            process.send_signal(signal.SIGINT)
            heard(process, number)

    assert info.exists()


def test_terraform_does_not_end_of_a_reader_that_is_gone(stack: Stack) -> None:
    stack.terraform(
        then="[print('x' * 1000, flush=True) for _ in range(500)]; pathlib.Path('done').touch()"
    )
    with stack.run("apply") as process:
        assert process.stdout
        process.stdout.close()

    assert process.returncode == 0
    assert (stack.folder / "done").exists()


def test_under_cdktf_only_its_word_counts_and_nothing_new_is_begun_after_it(
    stack: Stack, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    with stack.run("plan", ATOMIC_CDKTF_RUN=str(run)) as process:
        assert [each.name for each in run.iterdir()] == [str(process.pid)]
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        process.send_signal(signal.SIGUSR1)
        heard(process, 1)

        assert stack.rest_of(process) == ["ended 1"]
    (run / "interrupted").touch()
    after = subprocess.run(
        [ONCE, "apply"],
        cwd=stack.folder,
        env=stack.environment({"ATOMIC_CDKTF_RUN": str(run)}),
        capture_output=True,
        check=False,
    )
    assert (after.returncode, after.stdout) == (130, b"")


def test_the_providers_log_is_turned_into_terraforms_own_and_it_says_so_once(stack: Stack) -> None:
    stack.terraform(then="print({k: v for k, v in os.environ.items() if k.startswith('TF_LOG')})")
    stack.end()

    said = subprocess.run(
        [ONCE, "plan"],
        cwd=stack.folder,
        env=stack.environment(
            {"TF_LOG": "trace", "TF_LOG_PROVIDER_AWS": "DEBUG", "TF_LOG_PATH": "x"}
        ),
        capture_output=True,
        text=True,
        check=True,
    )

    assert "{'TF_LOG_CORE': 'trace', 'TF_LOG_PATH': 'x'}" in said.stdout or (
        "{'TF_LOG_PATH': 'x', 'TF_LOG_CORE': 'trace'}" in said.stdout
    )
    assert said.stderr.count("\n") == 1
    assert said.stderr.startswith("terraform: TF_LOG and TF_LOG_PROVIDER would print secrets")


@pytest.mark.parametrize(
    ("given", "left", "loud"),
    [
        ({}, {}, False),
        ({"TF_LOG_CORE": "DEBUG"}, {"TF_LOG_CORE": "DEBUG"}, False),
        ({"TF_LOG": "off", "TF_LOG_PROVIDER": ""}, {}, False),
        ({"TF_LOG_PROVIDER": "TRACE"}, {"TF_LOG_CORE": "TRACE"}, True),
        ({"TF_LOG_SDK_PROTO": "TRACE"}, {"TF_LOG_CORE": "TRACE"}, True),
        ({"TF_LOG": "JSON", "TF_LOG_CORE": "WARN"}, {"TF_LOG_CORE": "WARN"}, True),
    ],
)
def test_no_way_to_the_providers_log_is_left(
    given: dict[str, str], left: dict[str, str], loud: bool
) -> None:
    assert quiet(given) is loud
    assert given == left


def test_another_program_is_run_in_its_place(stack: Stack) -> None:
    tofu = stack.bin / "tofu"
    (stack.bin / "terraform").rename(tofu)

    with stack.run("apply", ATOMIC_SHIELDED_TERRAFORM=str(tofu)) as process:
        assert stack.rest_of(process) == ["ended 0"]


def test_without_a_terraform_it_says_how_to_get_one(stack: Stack) -> None:
    said = subprocess.run(
        [ONCE, "apply"],
        cwd=stack.folder,
        env=stack.environment({"ATOMIC_SHIELDED_TERRAFORM": "no-such-program"}),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (said.returncode, said.stderr) == (
        127,
        "terraform: there is no no-such-program on PATH: run `make setup`, then `. ./activate`\n",
    )
