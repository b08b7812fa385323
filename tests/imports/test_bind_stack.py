"""Objects of a CloudFormation stack bound to a stage: what stays as CloudFormation has it."""

from typing import Any

import pytest

from imports.bind import bind
from imports.record import AdoptedObject, AdoptionRecord, LegacyOrigin, StackOrigin
from tests.imports.records import a_record

GROUP = "aws_security_group.database"
CALLERS = "aws_security_group.app"
LISTENER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/a/1/2"


def of_stack(address: str, import_id: str, **observed: Any) -> AdoptedObject:
    return AdoptedObject(
        address=address,
        legacy_address="Row",
        import_id=import_id,
        observed=observed,
        source="stack",
    )


def record(*items: AdoptedObject) -> AdoptionRecord:
    stack = StackOrigin(
        arn="arn:aws:cloudformation:us-east-1:123456789012:stack/AwsStack/1",
        name="AwsStack",
        template_sha256="0" * 64,
        last_updated="",
        rows=[],
    )
    return a_record(*items, legacy=LegacyOrigin(source="none"), stack=stack)


def bound(resources: dict[str, Any], *items: AdoptedObject, phase: str) -> dict[str, Any]:
    document: dict[str, Any] = {"resource": {}, "provider": {"aws": [{"region": "us-east-1"}]}}
    for address, resource in resources.items():
        type_, _, name = address.partition(".")
        document["resource"].setdefault(type_, {})[name] = resource
    return dict(bind(document, record(*items), phase=phase))


def test_the_tags_of_the_cdk_s_helpers_are_left_alone() -> None:
    document = bound({"aws_vpc.main": {}}, of_stack("aws_vpc.main", "vpc-1"), phase="full")

    assert document["provider"]["aws"][0]["ignore_tags"] == [{"key_prefixes": ["aws-cdk:"]}]


def test_a_rule_of_ours_that_the_group_has_by_its_id_is_not_said_twice() -> None:
    rule = {"protocol": "tcp", "from_port": 5432, "to_port": 5432}
    found = {**rule, "description": "theirs", "security_groups": ["sg-2"]}
    ours = {**rule, "description": "From app", "security_groups": [f"${{{CALLERS}.id}}"]}

    document = bound(
        {GROUP: {"ingress": [ours]}, CALLERS: {}},
        of_stack(GROUP, "sg-1", ingress=[found]),
        of_stack(CALLERS, "sg-2"),
        phase="full",
    )

    assert document["resource"]["aws_security_group"]["database"]["ingress"] == [found]


@pytest.mark.parametrize("phase", ["adopt", "full"])
def test_a_subnet_stays_with_its_own_table(phase: str) -> None:
    item = of_stack("aws_route_table_association.public_1", "s/t", route_table_id="rtb-2")
    ours = {"subnet_id": "subnet-1", "route_table_id": "rtb-1"}

    document = bound({item.address: ours}, item, phase=phase)

    association = document["resource"]["aws_route_table_association"]["public_1"]
    assert association == {"subnet_id": "subnet-1", "route_table_id": "rtb-2"}


def test_an_answer_that_the_provider_cannot_say_is_left_alone_while_adopting() -> None:
    ours = {"default_action": [{"type": "redirect"}], "port": 443}
    item = of_stack("aws_lb_listener.http", LISTENER, port=80)

    (adopting, later) = (
        bound({item.address: dict(ours)}, item, phase=phase)["resource"]["aws_lb_listener"]["http"]
        for phase in ("adopt", "full")
    )

    assert adopting["lifecycle"]["ignore_changes"] == ["default_action"]
    assert adopting["port"] == 80
    assert later == ours


def test_a_service_runs_as_it_did_until_phase_full() -> None:
    item = of_stack("aws_ecs_service.app", "c/app", name="AwsStack-App", task_definition="old:1")
    ours = {"name": "atomic-app", "task_definition": "new", "force_new_deployment": True}

    found = {
        phase: bound({item.address: dict(ours)}, item, phase=phase)["resource"]["aws_ecs_service"]
        for phase in ("adopt", "foundation", "full")
    }

    as_found = {"name": "AwsStack-App", "task_definition": "old:1"}
    assert found["adopt"]["app"] == found["foundation"]["app"] == as_found
    assert found["full"]["app"] == {**ours, "name": "AwsStack-App"}


def test_a_service_with_a_launch_type_gets_no_capacity_strategy() -> None:
    item = of_stack("aws_ecs_service.app", "c/app", name="a", launch_type="FARGATE")
    ours = {"name": "b", "capacity_provider_strategy": [{"capacity_provider": "FARGATE"}]}

    document = bound({item.address: ours}, item, phase="full")

    assert document["resource"]["aws_ecs_service"]["app"] == {"name": "a", "launch_type": "FARGATE"}


def test_what_others_have_named_is_told_to_the_stage() -> None:
    found = record(
        of_stack("aws_ecs_cluster.main", "c", name="AwsStack-Cluster"),
        of_stack("aws_db_instance.main", "d", identifier="awsstack-db"),
        of_stack("aws_ecs_service.python_agent", "c/p", name="AwsStack-PythonAgent"),
        of_stack("aws_vpc.main", "vpc-1"),
    )

    assert found.names == {
        "aws_db_instance.main": "awsstack-db",
        "aws_ecs_cluster.main": "AwsStack-Cluster",
        "aws_ecs_service.python_agent": "AwsStack-PythonAgent",
    }
