"""What each stage synthesizes to, whole. A change here is a change of somebody's infrastructure.

`make snapshots` rewrites the files; the difference belongs in the review.
"""

import json
from pathlib import Path

import pytest

from tests.conftest import Synthesize
from tests.contract.tables import table
from tests.stages import SHIPPED, VARIANTS

HERE = Path(__file__).parent


@pytest.mark.parametrize("stage", [*SHIPPED, *VARIANTS])
def test_the_addresses_are_the_contract_with_the_state(
    stack: Synthesize, stage: str, request: pytest.FixtureRequest
) -> None:
    text = "".join(f"{address}\n" for address in stack(stage).addresses())

    _compare(HERE / f"{stage}.addresses.txt", text, request)


@pytest.mark.parametrize("stage", SHIPPED)
def test_the_synthesized_json_is_the_reviewed_one(
    stack: Synthesize, stage: str, request: pytest.FixtureRequest
) -> None:
    document = json.dumps(_without_metadata(stack(stage).json), indent=1, sort_keys=True)

    _compare(HERE / f"{stage}.json", document + "\n", request)


@pytest.mark.parametrize(("stage", "outputs"), table("outputs").items())
def test_no_output_of_the_version_before_is_gone(
    stack: Synthesize, stage: str, outputs: list[str]
) -> None:
    assert set(outputs) <= set(stack(stage).outputs)


def _without_metadata(value: object) -> object:
    """Without cdktf's own `//` entries, which say nothing of the infrastructure."""
    if isinstance(value, dict):
        return {key: _without_metadata(item) for key, item in value.items() if key != "//"}
    if isinstance(value, list):
        return [_without_metadata(item) for item in value]
    return value


def _compare(path: Path, text: str, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-snapshots"):
        path.write_text(text)
    assert path.exists(), f"no {path.name} yet: run `make snapshots` and review what it writes"
    assert text == path.read_text(), f"{path.name} differs: run `make snapshots` and review it"
