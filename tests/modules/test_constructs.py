"""The shape that all constructs share, so that a reader of one knows them all."""

import os
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from inspect import Parameter, getmembers, signature
from typing import Any

import pytest

import modules
from synth.bindings import accelerate

pytestmark = pytest.mark.jsii


def constructs() -> Iterator[type[Any]]:
    accelerate(os.environ)
    from constructs import Construct  # noqa: PLC0415  # starts the jsii kernel

    for module in pkgutil.walk_packages(modules.__path__, "modules."):
        for value in vars(import_module(module.name)).values():
            if (
                isinstance(value, type)
                and issubclass(value, Construct)
                and value.__module__ == module.name
            ):
                yield value


@pytest.fixture(scope="module")
def classes() -> list[type[Any]]:
    found = list(constructs())
    assert len(found) > 20
    return found


def test_a_construct_takes_its_scope_and_id_and_all_else_by_keyword(
    classes: list[type[Any]],
) -> None:
    for each in classes:
        _, scope, id_, *others = signature(each.__init__).parameters.values()

        assert (scope.name, id_.name) == ("scope", "id_"), each
        assert {other.kind for other in others} == {Parameter.KEYWORD_ONLY}, each


def test_a_construct_takes_the_facts_of_the_stage_as_one_context_and_first(
    classes: list[type[Any]],
) -> None:
    facts = {"names", "account_id", "region", "key_arn", "guard", "adopted", "time_zone"}
    # Its key may be none of the stage's: a load balancer writes to no bucket with one.
    own = {
        "PrivateBucket": {"key_arn"},
        "PlatformStack": {"adopted"},
        "ExtendedStack": {"adopted"},
    }
    for each in classes:
        _, _, _, *names = signature(each.__init__).parameters

        assert facts & set(names) == own.get(each.__name__, set()), each
        assert "context" not in names[1:], each


def test_reading_an_attribute_of_a_construct_adds_nothing_to_the_stack(
    classes: list[type[Any]],
) -> None:
    for each in classes:
        own = getmembers(each, lambda member: isinstance(member, property))

        assert [name for name, _ in own if name in vars(each)] == [], each
