"""How faults are tried and told: what is left out of a small stage, which cases there are, the table."""

import sys
from pathlib import Path

import pytest

from common.errors import UserError
from dev.fault_injection.__main__ import REPORT, _write_results, kept
from dev.fault_injection.cases import PARTS, cases, chosen
from dev.fault_injection.disks import left_over
from dev.fault_injection.running import Running
from dev.fault_injection.small_stage import without
from dev.fault_injection.table import BEGIN, END, markdown, replace_between_markers, rows
from dev.fault_injection.trial import Healed, Outcome

STACK = {
    "resource": {
        "aws_lb": {"main": {"name": "alb"}},
        "aws_lb_listener": {"https": {"load_balancer_arn": "${aws_lb.main.arn}"}},
        "aws_lb_listener_rule": {"app": {"depends_on": ["aws_lb_listener.https"]}},
        "aws_vpc": {"main": {"cidr_block": "10.0.0.0/16"}},
    },
    "output": {"Dns": {"value": "${aws_lb.main.dns_name}"}, "Vpc": {"value": "${aws_vpc.main.id}"}},
}


def test_a_small_stage_lacks_all_that_refers_to_what_is_left_out() -> None:
    small = without(STACK, frozenset({"aws_lb.main"}))

    assert small == {
        "resource": {"aws_vpc": {"main": {"cidr_block": "10.0.0.0/16"}}},
        "output": {"Vpc": {"value": "${aws_vpc.main.id}"}},
    }


def test_a_stage_that_lacks_nothing_is_the_whole() -> None:
    assert without(STACK, frozenset()) == STACK


def test_every_part_has_cases() -> None:
    assert {case.part for case in cases(seed=1)} == set(PARTS)


def test_a_deploy_is_killed_at_ten_moments() -> None:
    moments = {case.moment for case in cases(seed=1) if case.fault.startswith("terraform killed (")}

    assert len(moments) == 10


def test_parts_are_chosen_by_name() -> None:
    assert {case.part for case in chosen(cases(1), parts=["lock"], quick=False)} == {"lock"}


def test_a_quick_run_is_a_few_cases_of_several_parts() -> None:
    quick = chosen(cases(1), parts=(), quick=True)

    assert {case.part for case in quick} == {"calls", "kill", "lock"}
    assert len(quick) == 3


def test_a_run_that_was_stopped_goes_on_with_what_is_missing_or_failed(tmp_path: Path) -> None:
    first, second, third, *_ = to_play = cases(1)
    converged = Outcome(healed=Healed.RECOVER, injected={"killed": 1}, lost=(), note="kept")
    failed = Outcome(healed=Healed.NEVER, injected={"killed": 1})
    results = tmp_path / "results.json"
    _write_results(results, to_play, {0: converged, 1: failed}, seed=1)

    assert kept(results, [first, second, third], seed=1) == {0: converged}
    assert kept(results, [first, second, third], seed=2) == {}
    assert kept(tmp_path / "none.json", [first], seed=1) == {}


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"seed": 1, "tries": [{}]}'])
def test_a_file_without_results_is_no_run_to_go_on_with(tmp_path: Path, text: str) -> None:
    (tmp_path / "results.json").write_text(text)

    with pytest.raises(UserError, match="no results of an earlier run"):
        kept(tmp_path / "results.json", cases(1), seed=1)


def test_the_disks_of_a_killed_run_are_found_and_those_of_a_running_one_spared() -> None:
    mounts = """\
tmpfs /tmp tmpfs rw 0 0
atomic-torture-7 /runs/a/3/disk/state tmpfs rw,size=16384k 0 0
atomic-torture-8 /runs/b/3/disk/state tmpfs rw,size=16384k 0 0
atomic-torture-7 /with\\040blank/disk tmpfs ro,size=16384k 0 0
"""

    found = left_over(mounts, is_alive=lambda pid: pid == 8)

    assert found == [
        Path("/runs/a/3/disk/state"),
        Path("/with blank/disk"),
    ]


TABLE = """\
| fault | injected | deploys | converged | by the same deploy | by the next deploy \
| by recover, then a deploy | lost | duplicated |
|---|---|---|---|---|---|---|---|---|
| throttled | 1,205 | 2 | 2 | 1 | 1 | 0 | 0 | 0 |
| killed | 2 | 2 | 1 | 0 | 0 | 1 | 1 | 2 |
| all | 1,207 | 4 | 3 | 1 | 1 | 1 | 1 | 2 |"""


def test_the_table_sums_up_the_tries_of_each_fault() -> None:
    results = [
        ("throttled", Outcome(healed=Healed.AT_ONCE, injected={"throttled": 1200})),
        ("killed", Outcome(healed=Healed.RECOVER, injected={"killed": 1})),
        ("throttled", Outcome(healed=Healed.NEXT_DEPLOY, injected={"throttled": 5})),
        (
            "killed",
            Outcome(
                healed=Healed.NEVER,
                injected={"killed": 1},
                lost=("the data of aws_s3_bucket.data",),
                duplicated=("aws_vpc vpc-1", "aws_vpc vpc-2"),
            ),
        ),
    ]

    assert markdown(rows(results)) == TABLE


def test_the_table_takes_the_place_of_the_last_one() -> None:
    text = f"before\n{BEGIN}old{END}\nafter"

    assert replace_between_markers(text, "new") == f"before\n{BEGIN}new{END}\nafter"


def test_a_text_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="markers"):
        replace_between_markers("no place", "new")


DEPLOY = """
import subprocess, sys, time
print("aws_vpc.main: Creation complete after 1s", flush=True)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print("aws_eip.nat: Creation complete after 1s", flush=True)
time.sleep(float(sys.argv[1]))
"""


def running(seconds: float, folder: Path) -> Running:
    command = [sys.executable, "-c", DEPLOY, str(seconds)]
    return Running(command, cwd=folder, environment={})


def test_a_deploy_is_killed_with_what_it_started_in_another_session(tmp_path: Path) -> None:
    deploy = running(600, tmp_path)

    assert deploy.wait_for(2)
    assert deploy.kill()

    # It ends only when nobody holds its output any more, the child in the other session included.
    assert deploy.finish().code == -9


def test_a_moment_that_a_deploy_does_not_reach_is_its_end(tmp_path: Path) -> None:
    deploy = Running([sys.executable, "-c", ""], cwd=tmp_path, environment={})

    assert not deploy.wait_for(1)
    assert deploy.finish().ok


def test_a_deploy_that_takes_too_long_is_interrupted(tmp_path: Path) -> None:
    # What is begun in the background by a shell hears no Ctrl-C unless it asks to.
    program = (
        "import signal, time; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "print('begun', flush=True); time.sleep(600)"
    )
    sleep = [sys.executable, "-c", program]

    finished = Running(sleep, cwd=tmp_path, environment={}).finish(interrupt_after_seconds=5)

    assert not finished.ok
    assert "KeyboardInterrupt" in finished.text


def test_the_report_has_a_place_for_the_table() -> None:
    text = REPORT.read_text()

    assert "| all |" in replace_between_markers(text, markdown([]))
