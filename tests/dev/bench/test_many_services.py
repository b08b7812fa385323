"""The stage files of the scale benchmark are stage files like any other."""

import tomllib

import pytest

from dev.bench.synthesis import prod_of
from modules.settings.stage_files import parse_stage


@pytest.mark.parametrize("count", [8, 80, 400])
def test_a_prod_of_many_services_is_accepted(count: int) -> None:
    settings, mistakes = parse_stage(tomllib.loads(prod_of(count)), stage="prod")

    assert mistakes == []
    assert len(settings.services) == count
