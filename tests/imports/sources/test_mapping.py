"""What becomes of each address of the legacy base."""

from collections import Counter
from collections.abc import Iterable

import pytest

from imports.sources.terraform_base.mapping import ADOPTED, COUNTED, RELEASED, find_base
from terraform.addresses import instance_address
from terraform.state import StateObject
from tests.imports.records import base_record, decisions, legacy_state, stack_document


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


@pytest.mark.jsii
@pytest.mark.parametrize("phase", ["adopt", "foundation", "full"])
def test_every_adopted_address_exists_in_the_stack(phase: str) -> None:
    resources = stack_document(phase)["resource"]
    addresses = {f"{type_}.{name}" for type_, named in resources.items() for name in named}

    assert sorted(base_record().addresses - addresses) == []


def located(address: str, *, index: int | str | None = None, module: str = "") -> StateObject:
    type_, _, name = address.partition(".")
    return StateObject(
        address=instance_address(kind=type_, name=name, index=index, module=module),
        type=type_,
        name=name,
        index=index,
        module=module,
        attributes={},
    )


def a_base(*, module: str = "", keys: Iterable[int | str | None] = (0, 1, 2)) -> list[StateObject]:
    """Every resource of the base, those of a zone with these keys."""
    return [
        located(address, index=index, module=module)
        for address in sorted({*ADOPTED, *RELEASED})
        for index in (keys if address in COUNTED else [None])
    ]


def ours(objects: Iterable[StateObject]) -> dict[str, str | None]:
    found = list(objects)
    base = find_base(found)
    return {item.address: base.address(item) for item in found}


def released(objects: Iterable[StateObject]) -> dict[str, str]:
    found = list(objects)
    base = find_base(found)
    return {item.address: why for item in found if (why := base.release_reason(item))}


def test_no_two_legacy_resources_come_to_one_address() -> None:
    counted = Counter(address for address in ours(a_base()).values() if address)

    assert counted.total() == len(ADOPTED) + 2 * len(COUNTED)
    assert counted.most_common(1)[0][1] == 1


def test_the_address_of_a_counted_resource_ends_in_its_index() -> None:
    assert ours(a_base())["aws_subnet.private[2]"] == "aws_subnet.private_2"


@pytest.mark.parametrize(
    "address",
    [
        "aws_sqs_queue.main",
        "aws_vpc.other",
        "aws_security_group.main",
        "aws_secretsmanager_secret_version.db_credentials",
    ],
)
def test_what_is_not_named_is_neither_adopted_nor_released(address: str) -> None:
    other = [*a_base(), located(address)]

    assert ours(other)[address] is None
    assert address not in released(other)


@pytest.mark.parametrize("module", ["module.base", 'module.outer["a.b"].module.base[0]'])
def test_a_base_within_a_module_comes_to_the_same_addresses(module: str) -> None:
    within, here = a_base(module=module), a_base()

    assert list(ours(within).values()) == list(ours(here).values())
    assert list(released(within).values()) == list(released(here).values())


@pytest.mark.parametrize(
    "address", ["aws_vpc.main", "aws_db_instance.main", "random_password.api_token"]
)
def test_a_module_beside_the_base_is_not_covered(address: str) -> None:
    own = located(address, module="module.own")

    assert ours([*a_base(), own])[own.address] is None
    assert own.address not in released([*a_base(), own])


def test_a_network_alone_in_a_module_is_no_base() -> None:
    own = located("aws_vpc.main", module="module.own")

    assert ours([own]) == {"module.own.aws_vpc.main": None}


def test_of_two_bases_in_modules_none_is_taken_for_the_base() -> None:
    both = [*a_base(module="module.blue"), *a_base(module="module.green")]

    assert set(ours(both).values()) == {None}


def test_zones_that_are_keyed_by_name_are_counted_in_the_order_of_their_names() -> None:
    found = ours(a_base(keys=["b", "c", "a"]))

    assert found['aws_subnet.public["a"]'] == "aws_subnet.public_0"
    assert found['aws_route_table_association.private["c"]'] == (
        "aws_route_table_association.private_2"
    )
    assert sorted(map(str, found.values())) == sorted(map(str, ours(a_base()).values()))


def test_the_only_subnet_is_that_of_the_first_zone() -> None:
    assert ours(a_base(keys=[None]))["aws_subnet.public"] == "aws_subnet.public_0"


@pytest.mark.parametrize("index", [0, "blue"])
def test_the_only_instance_of_what_is_counted_here_is_the_one(index: int | str) -> None:
    network = located("aws_vpc.main", index=index)
    others = [item for item in a_base() if item.address != "aws_vpc.main"]

    assert ours([*others, network])[network.address] == "aws_vpc.main"


def test_of_two_networks_under_one_name_none_is_taken() -> None:
    two = [located("aws_vpc.main", index=index) for index in (0, 1)]

    assert set(ours(two).values()) == {None}


def test_a_release_has_its_reason() -> None:
    assert set(released(a_base()).values()) == {
        "it holds only a secret value, which stays in Secrets Manager and must not enter the new state",
        "it is no AWS object, only a password in the legacy state",
    }
