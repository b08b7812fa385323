"""What becomes of each address of the legacy base."""

from collections import Counter

import pytest

from imports.sources.terraform_base.mapping import ADOPTED, RELEASED, new_address, release_reason
from tests.imports.records import base_record, decisions, legacy_state, stack_document

# At most three zones, so at most three of anything that is counted.
INDEXES = (None, 0, 1, 2)


def test_all_57_legacy_resources_are_accounted_for() -> None:
    assert Counter(
        (item.verdict, item.type) for item in decisions() if item.verdict != "adopt"
    ) == {
        ("release", "aws_secretsmanager_secret_version"): 8,
        ("release", "random_password"): 3,
    }
    assert Counter(item.verdict for item in decisions()) == {"adopt": 46, "release": 11}
    assert len(legacy_state().objects) == 57


def test_nothing_is_both_adopted_and_released() -> None:
    assert set(ADOPTED) & set(RELEASED) == set()


def test_a_secret_version_and_a_password_are_never_adopted() -> None:
    types = {address.partition(".")[0] for address in ADOPTED}

    assert types & {"aws_secretsmanager_secret_version", "random_password"} == set()


@pytest.mark.parametrize("phase", ["adopt", "foundation", "full"])
def test_every_adopted_address_exists_in_the_stack(phase: str) -> None:
    resources = stack_document(phase)["resource"]
    addresses = {f"{type_}.{name}" for type_, named in resources.items() for name in named}

    assert sorted(base_record().addresses - addresses) == []


def test_no_two_legacy_resources_come_to_one_address() -> None:
    ours = Counter(
        new_address(type_=type_, name=name, index=index, module="")
        for type_, _, name in (address.partition(".") for address in ADOPTED)
        for index in INDEXES
    )

    assert ours.total() == len(ADOPTED) * len(INDEXES)
    assert ours.most_common(1)[0][1] == 1


def test_the_address_of_a_counted_resource_ends_in_its_index() -> None:
    assert new_address(type_="aws_subnet", name="private", index=2, module="") == (
        "aws_subnet.private_2"
    )


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        ("aws_sqs_queue", "main"),
        ("aws_vpc", "other"),
        ("aws_security_group", "main"),
        ("aws_secretsmanager_secret_version", "db_credentials"),
    ],
)
def test_what_is_not_named_is_neither_adopted_nor_released(type_: str, name: str) -> None:
    assert new_address(type_=type_, name=name, index=None, module="") is None
    assert release_reason(type_=type_, name=name, module="") is None


@pytest.mark.parametrize("legacy_address", sorted({*ADOPTED, *RELEASED}))
def test_what_is_in_a_module_is_not_covered(legacy_address: str) -> None:
    type_, _, name = legacy_address.partition(".")

    assert new_address(type_=type_, name=name, index=None, module="module.base") is None
    assert release_reason(type_=type_, name=name, module="module.base") is None


@pytest.mark.parametrize("index", ["0", "blue", ""])
def test_an_index_that_is_a_text_is_not_covered(index: str) -> None:
    assert new_address(type_="aws_subnet", name="public", index=index, module="") is None


@pytest.mark.parametrize("legacy_address", sorted(RELEASED))
def test_a_release_has_its_reason(legacy_address: str) -> None:
    type_, _, name = legacy_address.partition(".")

    assert release_reason(type_=type_, name=name, module="") in {
        "it holds only a secret value, which stays in Secrets Manager and must not enter the new state",
        "it is no AWS object, only a password in the legacy state",
    }
