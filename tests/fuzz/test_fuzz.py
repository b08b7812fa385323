"""A short share of `make fuzz`, the same inputs each time."""

from pathlib import Path

import pytest

from tests.fuzz.fuzzing import fuzz
from tests.fuzz.sealed import run
from tests.fuzz.targets import TARGETS, Target


@pytest.mark.parametrize("target", TARGETS, ids=[target.name for target in TARGETS])
def test_bad_input_never_ends_in_a_traceback(target: Target) -> None:
    counted = fuzz(target, profile="short")

    assert counted.inputs >= 20
    assert counted.complaints == {}


def test_an_output_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (target,) = (target for target in TARGETS if target.name == "main.py's environment")

    outcome = target.run(tmp_path, {"ATOMIC_STAGE": "dev", "CDKTF_OUTDIR": "x" * 300})

    assert (outcome.code, outcome.complaint) == (2, "")


def test_a_traceback_would_be_counted() -> None:
    def main() -> int:
        raise KeyError("x")

    assert run(main, arguments=[], environ={}).complaint.startswith("KeyError in test_fuzz.py:")


@pytest.mark.parametrize("code", [3, 255])
def test_an_exit_code_that_nobody_promised_would_be_counted(code: int) -> None:
    outcome = run(lambda: code, arguments=[], environ={})

    assert outcome.complaint == f"exit code {code}"
