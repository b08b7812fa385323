"""What is decided about each legacy resource, and where the three witnesses disagree."""

from typing import Any

import pytest

from common.errors import UserError
from imports.inventory import Decision, Disagreement, decide, disagreements
from imports.sources.terraform_base.planned import (
    AfterApply,
    ConfiguredObject,
    LegacyConfiguration,
    Value,
)
from terraform.addresses import instance_address
from terraform.state import StateObject


def resource(
    kind: str,
    name: str = "main",
    index: int | str | None = None,
    module: str = "",
    **attributes: Any,
) -> StateObject:
    return StateObject(
        address=instance_address(kind=kind, name=name, index=index, module=module),
        type=kind,
        name=name,
        index=index,
        module=module,
        attributes=attributes,
    )


def decided(*objects: StateObject, **errors: str) -> list[Decision]:
    """Decisions about what a state holds; an object without attributes was not found."""
    return decide(
        objects,
        attributes={item.address: item.attributes for item in objects if item.attributes},
        errors=errors,
    )


def test_a_known_object_is_adopted_under_its_new_address() -> None:
    (decision,) = decided(resource("aws_subnet", "private", 1, id="subnet-1"))

    assert decision == Decision(
        legacy_address="aws_subnet.private[1]",
        type="aws_subnet",
        verdict="adopt",
        address="aws_subnet.private_1",
        import_id="subnet-1",
    )


def test_a_secret_value_is_released_with_its_reason() -> None:
    (decision,) = decided(resource("random_password", "api_token", result="hunter2"))

    assert decision.verdict == "release"
    assert decision.why == "it is no AWS object, only a password in the legacy state"
    assert (decision.address, decision.import_id) == (None, None)


@pytest.mark.parametrize(
    "item",
    [
        resource("aws_sqs_queue", id="q"),
        resource("aws_s3_bucket", "second", id="b", bucket="b"),
        resource("aws_vpc", module="module.own", id="vpc-1"),
    ],
)
def test_the_users_own_additions_are_not_covered(item: StateObject) -> None:
    (decision,) = decided(item)

    assert decision == Decision(
        legacy_address=item.address,
        type=item.type,
        verdict="not covered",
        why="it is your own; it stays in the legacy state",
    )


PARTS = [
    ("aws_security_group_rule", "security_group_id"),
    ("aws_vpc_security_group_ingress_rule", "security_group_id"),
    ("aws_vpc_security_group_egress_rule", "security_group_id"),
]


@pytest.mark.parametrize(("type_", "attribute"), PARTS)
def test_a_rule_of_an_adopted_group_is_forgotten_by_the_old_tool_because_the_group_holds_it(
    type_: str, attribute: str
) -> None:
    rule = resource(type_, "x", id="sgr-1", **{attribute: "sg-1"})
    group = resource("aws_security_group", "rds", id="sg-1")
    other = resource(type_, "y", id="sgr-2", **{attribute: "sg-2"})

    verdicts = {each.legacy_address: each for each in decided(rule, group, other)}

    assert verdicts[rule.address].verdict == "release"
    assert "a part of aws_security_group.database" in verdicts[rule.address].why
    assert verdicts[other.address].verdict == "not covered"


def test_a_route_and_a_value_of_adopted_objects_are_forgotten_too() -> None:
    table = resource("aws_route_table", "public", id="rtb-1")
    route = resource("aws_route", "peering", id="r", route_table_id="rtb-1")
    secret = resource("aws_secretsmanager_secret", "hasura_jwt_secret", id="arn:s", arn="arn:s")
    value = resource("aws_secretsmanager_secret_version", "mine", id="v", secret_id="arn:s")

    verdicts = {each.legacy_address: each.verdict for each in decided(table, route, secret, value)}

    assert verdicts[route.address] == verdicts[value.address] == "release"


def test_an_address_without_its_gateway_stays_where_it_is() -> None:
    address = resource("aws_eip", "nat", 0, id="eipalloc-1", allocation_id="eipalloc-1")

    (alone,) = decided(address)
    both = decided(address, resource("aws_nat_gateway", "nat", 0, id="nat-1"))

    assert (alone.verdict, alone.why) == (
        "not covered",
        "no NAT gateway uses it; it stays in the legacy state",
    )
    assert [each.verdict for each in both] == ["adopt", "adopt"]


def test_what_was_not_found_is_a_problem_and_no_guess() -> None:
    (decision,) = decided(resource("aws_vpc"))

    assert (decision.verdict, decision.address) == ("problem", "aws_vpc.main")
    assert (decision.import_id, decision.why) == (None, "it was not found in AWS")


def test_a_problem_says_why() -> None:
    (decision,) = decided(resource("aws_vpc"), **{"aws_vpc.main": "two have that name"})

    assert (decision.verdict, decision.why) == ("problem", "two have that name")


def test_decisions_are_sorted_by_number_where_there_is_one() -> None:
    subnets = [resource("aws_subnet", "public", index, id=f"s-{index}") for index in (10, 2, 0)]

    order = [item.legacy_address for item in decided(*subnets, resource("aws_eip", "x", id="e"))]

    assert order == [
        "aws_eip.x",
        "aws_subnet.public[0]",
        "aws_subnet.public[2]",
        "aws_subnet.public[10]",
    ]


def test_each_resource_has_exactly_one_decision() -> None:
    objects = [resource("aws_vpc", id="vpc-1"), resource("aws_sqs_queue", id="q")]

    assert [item.legacy_address for item in decided(*objects)] == [
        "aws_sqs_queue.main",
        "aws_vpc.main",
    ]


def test_two_resources_that_are_one_object_are_an_error_that_names_both() -> None:
    twice = [resource("aws_subnet", "public", index, id="subnet-1") for index in (0, 1)]

    with pytest.raises(UserError) as caught:
        decided(*twice)

    assert str(caught.value) == (
        "aws_subnet.public[0] and aws_subnet.public[1] are the same aws_subnet, subnet-1: an object can be "
        "adopted once; let `terraform state rm ADDRESS` take one of the two out of the legacy state, which "
        "destroys nothing"
    )


def test_one_name_of_two_types_is_two_objects() -> None:
    names = [
        resource("aws_s3_bucket", "data_bucket", bucket="b"),
        resource("aws_s3_bucket_versioning", "data_bucket_versioning", bucket="b"),
    ]

    assert [item.verdict for item in decided(*names)] == ["adopt", "adopt"]


def test_an_object_without_an_id_is_a_problem_that_says_what_helps() -> None:
    empty, missing = decided(
        resource("aws_subnet", "public", 0, id=None, cidr_block="10.0.0.0/24"),
        resource("aws_subnet", "public", 1, cidr_block="10.0.1.0/24"),
    )

    assert {empty.verdict, missing.verdict} == {"problem"}
    assert empty.why.endswith("with an empty id cannot be imported: refresh the legacy state")
    assert missing.why.endswith(
        "has no import id: refresh the legacy state, or take a backup of it that says it"
    )


def test_numbers_and_truths_of_a_flat_state_are_no_drift() -> None:
    database = Decision(
        legacy_address="aws_db_instance.main",
        type="aws_db_instance",
        verdict="adopt",
        address="aws_db_instance.main",
        import_id="main",
    )
    flat = {"allocated_storage": "20", "multi_az": "false", "storage_encrypted": "true"}
    aws = {"allocated_storage": 20, "multi_az": False, "storage_encrypted": True}

    def rows(**state: str) -> set[str]:
        found = disagreements(
            [database],
            configuration=None,
            state={"aws_db_instance.main": {**flat, **state}},
            observed={"aws_db_instance.main": aws},
        )
        return {row.attribute for row in found}

    assert rows() == set()
    assert rows(allocated_storage="30") == {"allocated_storage"}


VPC = Decision(
    legacy_address="aws_vpc.main",
    type="aws_vpc",
    verdict="adopt",
    address="aws_vpc.main",
    import_id="vpc-1",
)


def configured(**arguments: Value) -> LegacyConfiguration:
    item = ConfiguredObject(
        address="aws_vpc.main",
        type="aws_vpc",
        name="main",
        index=None,
        module="",
        provider="aws",
        arguments=arguments,
    )
    return LegacyConfiguration(objects=(item,), modules=(), region=None, account_id=None)


def drifted(
    *,
    aws: dict[str, Any],
    state: dict[str, Any] | None = None,
    configuration: LegacyConfiguration | None = None,
    decision: Decision = VPC,
) -> list[Disagreement]:
    return disagreements(
        [decision],
        configuration=configuration,
        state=None if state is None else {decision.legacy_address: state},
        observed={str(decision.address): aws},
    )


def test_three_witnesses_that_agree_are_no_drift() -> None:
    facts: dict[str, Value] = {"cidr_block": "10.0.0.0/16", "tags": {"Name": "a"}}

    assert drifted(aws=facts, state=facts, configuration=configured(**facts)) == []


def test_a_tag_that_a_person_changed_is_drift_in_all_three_columns() -> None:
    (row,) = drifted(
        aws={"tags": {"Name": "b"}},
        state={"tags": {"Name": "a"}},
        configuration=configured(tags={"Name": "a"}),
    )

    assert row == Disagreement(
        legacy_address="aws_vpc.main",
        attribute="tags",
        configuration="{'Name': 'a'}",
        state="{'Name': 'a'}",
        aws="{'Name': 'b'}",
    )


def test_a_configuration_that_moved_on_is_drift() -> None:
    facts = {"tags": {"Name": "a"}}

    (row,) = drifted(aws=facts, state=facts, configuration=configured(tags={"Name": "new"}))

    assert (row.configuration, row.state, row.aws) == (
        "{'Name': 'new'}",
        "{'Name': 'a'}",
        "{'Name': 'a'}",
    )


def test_a_lost_state_is_no_witness() -> None:
    (row,) = drifted(
        aws={"cidr_block": "10.0.0.0/16"}, configuration=configured(cidr_block="10.1.0.0/16")
    )

    assert (row.configuration, row.state) == ("10.1.0.0/16", None)


@pytest.mark.parametrize(
    "open_value",
    [
        None,
        AfterApply(("aws_vpc.other.cidr_block", "aws_vpc.other")),
        {"Name": AfterApply()},
        [{"Name": AfterApply()}],
    ],
)
def test_what_the_configuration_leaves_open_is_not_compared(open_value: Value) -> None:
    assert drifted(aws={"tags": {"Name": "a"}}, configuration=configured(tags=open_value)) == []


@pytest.mark.parametrize("nothing", [None, "", False, 0, [], {}])
def test_nothing_has_many_spellings(nothing: object) -> None:
    assert drifted(aws={}, state={"enable_dns_hostnames": nothing, "tags": nothing}) == []
    assert drifted(aws={"tags": {"a": nothing}}, state={"tags": {}}) == []


def test_a_whole_number_is_the_same_in_the_state_and_in_the_configuration() -> None:
    database = Decision(
        legacy_address="aws_db_instance.main",
        type="aws_db_instance",
        verdict="adopt",
        address="aws_db_instance.main",
        import_id="db",
    )

    assert drifted(aws={"port": 5432}, state={"port": 5432.0}, decision=database) == []


def test_rules_and_policies_are_left_to_the_plan() -> None:
    group = Decision(
        legacy_address="aws_security_group.alb",
        type="aws_security_group",
        verdict="adopt",
        address="aws_security_group.load_balancer",
        import_id="sg-1",
    )

    assert drifted(aws={"ingress": [1]}, state={"ingress": [2]}, decision=group) == []


def test_only_what_was_observed_is_compared() -> None:
    queue = Decision(
        legacy_address="aws_sqs_queue.own", type="aws_sqs_queue", verdict="not covered"
    )

    assert disagreements([queue, VPC], configuration=None, state={}, observed={}) == []
