"""What AWS would refuse: a database that a plan takes to an older version."""

from typing import Any

import pytest

from terraform.refused import downgrades
from tests.imports.records import a_plan, planned

DATABASE = "aws_db_instance.main"


def update(found: dict[str, Any], wanted: object, *actions: str) -> dict[str, Any]:
    return planned(
        DATABASE, *(actions or ("update",)), before=found, after={"engine_version": wanted}
    )


@pytest.mark.parametrize(
    ("found", "wanted"), [("15.8", "15.6"), ("15.10", "15.9"), ("16.1", "15.12"), ("16.1", "15")]
)
def test_an_older_version_is_named_with_the_one_that_runs(found: str, wanted: str) -> None:
    (refused,) = downgrades(a_plan(update({"engine_version": found}, wanted)))

    assert refused.address == DATABASE
    assert f'engine_version = "{found}"' in refused.why


def test_the_version_that_runs_counts_and_not_the_one_that_was_asked_for() -> None:
    found = {"engine_version": "15", "engine_version_actual": "15.8"}

    assert [each.address for each in downgrades(a_plan(update(found, "15.6")))] == [DATABASE]


@pytest.mark.parametrize(
    ("found", "wanted"),
    [("15.6", "15.8"), ("15.9", "15.10"), ("15.8", "15.8"), ("15.8", "15"), ("15", "15.8")],
)
def test_the_same_and_a_later_version_are_no_downgrade(found: str, wanted: str) -> None:
    assert list(downgrades(a_plan(update({"engine_version": found}, wanted)))) == []


@pytest.mark.parametrize("actions", [("no-op",), ("create",), ("delete",), ("delete", "create")])
def test_only_a_change_in_place_is_a_downgrade(actions: tuple[str, ...]) -> None:
    change = update({"engine_version": "15.8"}, "15.6", *actions)

    assert list(downgrades(a_plan(change))) == []


@pytest.mark.parametrize("version", [None, 15, ""])
def test_a_version_that_is_not_known_is_no_downgrade(version: object) -> None:
    assert list(downgrades(a_plan(update({"engine_version": "15.8"}, version)))) == []
