"""Faults while a stage is deployed: the short run of what `make torture` does at length."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local.emulator import PROJECT

pytestmark = [pytest.mark.integration, pytest.mark.nightly]


@pytest.fixture(scope="module")
def tries(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    results: Path = tmp_path_factory.mktemp("torture") / "results.json"
    finished = subprocess.run(
        [sys.executable, "-m", "dev.fault_injection", "--quick", "--results", str(results)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    found: list[dict[str, Any]] = json.loads(results.read_text())["tries"]
    return found


def of(tries: list[dict[str, Any]], part: str) -> dict[str, Any]:
    (found,) = (each for each in tries if each["part"] == part)
    return found


def test_a_deploy_survives_calls_that_fail_in_every_way(tries: list[dict[str, Any]]) -> None:
    injected = of(tries, "calls")["injected"]

    assert set(injected) == {
        "delayed",
        "dropped after the work",
        "dropped before the work",
        "server error",
        "throttled",
    }
    assert sum(injected.values()) >= 100


def test_a_killed_deploy_leaves_what_recover_gives_back(tries: list[dict[str, Any]]) -> None:
    killed = of(tries, "kill")

    assert killed["orphans_before"] > 0
    assert killed["healed"] == "recover, then a deploy"


def test_one_of_two_deploys_at_once_is_refused(tries: list[dict[str, Any]]) -> None:
    assert of(tries, "lock")["note"] == "1 refused by the lock"


def test_nothing_is_lost_and_nothing_is_there_twice(tries: list[dict[str, Any]]) -> None:
    assert [(each["lost"], each["duplicated"]) for each in tries] == [([], [])] * 3
