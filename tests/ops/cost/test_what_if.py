"""The switches that save, and the platform as its guide describes it."""

import pytest

from modules.settings.stage_settings import StageSettings
from ops.cost.what_if import SWITCHES, Switch, as_the_guide_has_it, switches_below
from tests.stages import stage_settings


def switch(name: str, *, setting: str = "a = 1", keeps: bool = True) -> Switch:
    return Switch(
        name=name,
        setting=setting,
        gives_up="",
        keeps_resilience=keeps,
        change=lambda stage: stage,
    )


def named(name: str) -> Switch:
    (found,) = [each for each in SWITCHES if each.name == name]
    return found


@pytest.fixture(name="prod")
def _prod() -> StageSettings:
    return stage_settings("prod")


def test_the_guide_gives_hasura_and_supertokens_512_mib_on_one_nat(prod: StageSettings) -> None:
    guide = as_the_guide_has_it(prod)

    assert guide.services["hasura"].memory_mib == 512
    assert guide.services["supertokens"].memory_mib == 512
    assert guide.services["optaplanner"].memory_mib == 2048
    assert guide.network.nat == "single"
    assert {row.capacity for row in guide.services.values()} == {"on-demand"}


def test_graviton_is_for_images_that_the_project_builds(prod: StageSettings) -> None:
    changed = named("Graviton for the project's own images").change(prod)

    assert changed.services["app"].cpu_architecture == "ARM64"
    assert changed.services["hasura"].cpu_architecture == "X86_64"


def test_a_stage_without_nat_gains_no_gateway_by_saving_one(prod: StageSettings) -> None:
    without = prod.model_copy(update={"network": prod.network.model_copy(update={"nat": "none"})})

    assert named("one NAT gateway").change(without) == without


def test_an_aurora_database_has_no_instance_class_to_change() -> None:
    aurora = stage_settings("aurora")

    assert named("Graviton for the database").change(aurora) == aurora


def test_switches_are_taken_in_their_order_until_the_bill_is_below() -> None:
    first, second, third = switch("1"), switch("2", setting="b = 1"), switch("3", setting="c = 1")

    assert switches_below(100, 120, [(first, 10), (second, 15), (third, 50)]) == [first, second]


def test_a_switch_that_gives_up_resilience_is_not_taken() -> None:
    fragile, other = switch("1", keeps=False), switch("2", setting="b = 1")

    assert switches_below(100, 120, [(fragile, 90), (other, 30)]) == [other]


def test_of_two_values_for_one_setting_the_first_is_taken() -> None:
    one, none = switch("1", setting="nat = 1"), switch("2", setting="nat = 0")

    assert switches_below(100, 120, [(one, 10), (none, 15)]) is None


def test_a_bill_that_is_below_needs_no_switch() -> None:
    assert switches_below(100, 90, [(switch("1"), 10)]) == []
