"""A short share of `make fuzz`, the same inputs each time."""

from pathlib import Path

import pytest

from tests.fuzz.command_lines import IMPORTS, OPS
from tests.fuzz.fuzzing import ending, fuzz
from tests.fuzz.sealed import Outcome, run
from tests.fuzz.targets import TARGETS, Target


@pytest.mark.parametrize("target", TARGETS, ids=[target.name for target in TARGETS])
@pytest.mark.jsii
def test_bad_input_never_ends_in_a_traceback(target: Target) -> None:
    counted = fuzz(target, profile="short")

    assert counted.inputs >= 20
    assert counted.complaints == {}
    assert counted.accepted, "the code behind the checks was not tried"


@pytest.mark.jsii
def test_an_output_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (target,) = (target for target in TARGETS if target.name == "main.py's environment")

    outcome = target.run(tmp_path, {"ATOMIC_STAGE": "dev", "CDKTF_OUTDIR": "x" * 300})

    assert (outcome.code, outcome.complaint) == (2, "")


def test_the_help_is_no_accepted_input() -> None:
    (target,) = (target for target in TARGETS if target.name == "python -m ops")
    outcome = Outcome(code=0, complaint="")

    assert target.accepts(["cost"], outcome)
    assert not target.accepts(["cost", "--help"], outcome)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        *(("python -m imports", line) for line in IMPORTS),
        # The bucket of a state has no answers here.
        *(("python -m ops", line) for line in OPS if not line.startswith("state")),
    ],
)
@pytest.mark.jsii
def test_a_command_line_that_is_changed_is_sound_before(
    tmp_path: Path, name: str, line: str
) -> None:
    (target,) = (target for target in TARGETS if target.name == name)

    assert target.run(tmp_path, line.split()) == Outcome(code=0, complaint="")


def test_a_traceback_would_be_counted() -> None:
    def main() -> int:
        raise KeyError("x")

    assert run(main, arguments=[], environ={}).complaint.startswith("KeyError in test_fuzz.py:")


def test_an_input_without_an_end_would_be_counted() -> None:
    def main() -> int:
        while True:
            pass

    with ending(seconds=0.1):
        outcome = run(main, arguments=[], environ={})

    assert outcome.complaint.startswith("EndlessError in ")
    assert " at test_fuzz.py:" in outcome.complaint


@pytest.mark.parametrize("code", [3, 255])
def test_an_exit_code_that_nobody_promised_would_be_counted(code: int) -> None:
    outcome = run(lambda: code, arguments=[], environ={})

    assert outcome.complaint == f"exit code {code}"
