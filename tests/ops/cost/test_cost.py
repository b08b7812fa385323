"""`python -m ops cost`, run as a person runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.emulator import PROJECT
from tests.contract import json_keys

STAGES_DIR: dict[str, str] = {}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    # Not what a test of this process has set for the bindings: NODE_OPTIONS refers to it.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ATOMIC_STA")}
    environment |= STAGES_DIR
    finished = subprocess.run(
        [sys.executable, "-m", "ops", "cost", *arguments],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    json_keys.check("ops", ("cost", *arguments), finished.stdout)
    return finished


@pytest.fixture(scope="module", name="prod")
def _prod() -> dict[str, object]:
    finished = run("--stage", "prod", "--json")
    assert finished.returncode == 0, finished.stderr
    document: dict[str, dict[str, object]] = json.loads(finished.stdout)
    return document["cost"]


@pytest.mark.jsii
def test_the_platform_of_the_guide_costs_what_a_hand_calculation_says(
    prod: dict[str, object],
) -> None:
    # The guide's sizes, but for the memory that python-agent needs, and the names inside.
    tasks = 2.75 * 0.04048 + 7 * 0.004445
    balancer = 0.0225 + 0.008 + 2 * 0.005
    by_hand = (
        730 * (tasks + 0.045 + 0.005 + balancer + 2 * 0.036) + 20 * 0.23 + 14 * 0.4 + 3 + 3 + 0.6
    )

    assert by_hand == pytest.approx(239, abs=0.9)
    assert prod["guide_usd"] == pytest.approx(by_hand, rel=0.03)


@pytest.mark.jsii
def test_prod_can_be_brought_below_the_guide_and_stay_resilient(prod: dict[str, object]) -> None:
    assert prod["enough"] == [
        'network.nat = "single"',
        'services.NAME.cpu_architecture = "ARM64"',
    ]
    assert isinstance(prod["with_enough_usd"], float)
    assert isinstance(prod["guide_usd"], float)
    assert prod["with_enough_usd"] < prod["guide_usd"]


@pytest.mark.jsii
def test_two_stages_stand_side_by_side() -> None:
    finished = run("--compare", "dev", "prod")

    assert finished.returncode == 0, finished.stderr
    assert "+41.72" in next(
        line for line in finished.stdout.splitlines() if line.startswith("database")
    )


@pytest.mark.jsii
def test_two_stages_stand_side_by_side_for_programs() -> None:
    finished = run("--compare", "dev", "prod", "--json")

    document = json.loads(finished.stdout)
    assert document["dev"]["groups"].keys() <= document["prod"]["groups"].keys()


@pytest.fixture(name="abroad")
def _abroad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stage `abroad`, in a region that the table has no prices of, and `home` in the one that it has."""
    for name, region in (("abroad", "eu-central-1"), ("home", "us-east-1")):
        (tmp_path / f"{name}.toml").write_text(f'phase = "foundation"\nregion = "{region}"\n')
    monkeypatch.setitem(STAGES_DIR, "ATOMIC_STAGES_DIR", str(tmp_path))


@pytest.mark.usefixtures("abroad")
@pytest.mark.jsii
def test_another_region_is_estimated_and_says_so() -> None:
    finished = run("--stage", "abroad")

    assert finished.returncode == 0, finished.stderr
    assert (
        "an ESTIMATE: the table has no prices of eu-central-1, so those of us-east-1 are taken"
        in finished.stdout
    )


@pytest.mark.usefixtures("abroad")
@pytest.mark.jsii
def test_an_estimate_is_marked_for_programs() -> None:
    abroad = json.loads(run("--stage", "abroad", "--json").stdout)
    both = json.loads(run("--compare", "abroad", "home", "--json").stdout)

    assert abroad["prices"]["estimate"] is True
    assert abroad["cost"]["monthly_usd"] == pytest.approx(both["home"]["monthly_usd"])
    assert {name: each["estimate"] for name, each in both.items()} == {
        "abroad": True,
        "home": False,
    }


@pytest.mark.jsii
def test_a_legacy_state_of_ones_own_is_priced() -> None:
    state = PROJECT / "tests" / "legacy" / "applied_state.json"

    finished = run("--legacy-state", str(state), "--json")

    assert json.loads(finished.stdout)["cost"]["legacy_base_usd"] == pytest.approx(91.64)


def test_a_legacy_state_that_is_not_there_is_named_with_its_option(tmp_path: Path) -> None:
    finished = run("--legacy-state", str(tmp_path / "none"))

    assert finished.returncode == 1
    assert finished.stderr.strip().splitlines()[-1] == (
        f"error: --legacy-state: {tmp_path / 'none'}: cannot be read (No such file or directory): name the "
        "file of a Terraform state, or leave it out"
    )


@pytest.mark.parametrize("text", ["[]", "[" * 100_000], ids=["a list", "a tower of lists"])
def test_what_is_no_state_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(text)

    finished = run("--legacy-state", str(path))

    assert finished.returncode == 1
    *_, said = finished.stderr.strip().splitlines()
    assert said.startswith("error: ")
    assert f"{path}" in said
    assert "is no complete Terraform state" in said
