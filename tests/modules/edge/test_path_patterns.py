"""The paths that an ALB rule has to name."""

import os
from collections.abc import Callable

import pytest

from modules.settings.services import SERVICES
from synth.bindings import accelerate


@pytest.fixture(scope="module")
def path_patterns() -> Callable[[str], list[str]]:
    accelerate(os.environ)
    from modules.edge import load_balancer  # noqa: PLC0415  # starts the jsii kernel

    return load_balancer.path_patterns


@pytest.mark.jsii
@pytest.mark.parametrize(
    ("path", "patterns"),
    [
        ("/v1/auth", ["/v1/auth", "/v1/auth/*"]),
        ("/v1/functions", ["/v1/functions", "/v1/functions/*"]),
        ("/x", ["/x", "/x/*"]),
        ("/", ["/*"]),
    ],
)
def test_a_rule_matches_the_path_and_all_below_it(
    path_patterns: Callable[[str], list[str]], path: str, patterns: list[str]
) -> None:
    assert path_patterns(path) == patterns


@pytest.mark.jsii
@pytest.mark.parametrize("path", [row.path for row in SERVICES if row.path])
def test_a_rule_names_at_most_the_three_values_that_alb_allows(
    path_patterns: Callable[[str], list[str]], path: str
) -> None:
    assert 1 <= len(path_patterns(path)) <= 3
