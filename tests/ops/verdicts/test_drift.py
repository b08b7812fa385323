"""Which differences of a plan count as made outside, and how they are told."""

from typing import Any

import pytest

from ops.verdicts.drift import Drift, Drifted, find_drift, in_plain_words
from terraform.plan import Plan
from tests.imports.records import planned

VPC = "aws_vpc.main"


def drifted(
    address: str,
    before: dict[str, Any],
    found: dict[str, Any] | None,
    *,
    planned_back: bool = True,
    marks: dict[str, Any] | None = None,
) -> Drifted:
    """What a plan says of one object that was `before` and is `found`."""
    outside = planned(
        address,
        "update" if found is not None else "delete",
        before=before,
        after=found,
        **(marks or {}),
    )
    action = "no-op" if not planned_back else "update" if found is not None else "create"
    back = planned(address, action, before=found, after=before if planned_back else found)
    return find_drift(Plan(document={"resource_changes": [back], "resource_drift": [outside]}))


def told(found: Drifted) -> list[tuple[str, str, str, str]]:
    return [(row.kind, row.attribute, row.expected, row.found) for row in found.rows]


def test_nothing_drifted_is_no_row() -> None:
    plan = {"resource_changes": [planned(VPC)], "resource_drift": []}

    assert find_drift(Plan(document=plan)) == Drifted(rows=(), pending=0)


def test_a_row_says_address_plain_words_attribute_and_both_values() -> None:
    (row,) = drifted("aws_appautoscaling_target.app", {"max": 3}, {"max": 9}).rows

    assert row == Drift(
        address="aws_appautoscaling_target.app",
        what="appautoscaling target app",
        kind="changed",
        attribute="max",
        expected="3",
        found="9",
    )


def test_a_tag_is_told_once_and_by_its_key() -> None:
    before, found = {"Name": "a", "Stage": "dev"}, {"Name": "b"}

    rows = told(
        drifted(VPC, {"tags": before, "tags_all": before}, {"tags": found, "tags_all": found})
    )

    assert rows == [
        ("changed", "tag Name", "a", "b"),
        ("changed", "tag Stage", "dev", "(nothing)"),
    ]


def test_a_deleted_object_is_one_row() -> None:
    assert told(drifted(VPC, {"id": "vpc-1"}, None)) == [("deleted", "", "exists", "deleted")]


def test_what_aws_decides_by_itself_is_no_drift() -> None:
    assert drifted(VPC, {"ingress": []}, {"ingress": [1]}, planned_back=False).rows == ()


def test_an_attribute_that_the_plan_leaves_as_found_is_no_drift() -> None:
    outside = planned(VPC, "update", before={"a": 1, "b": 1}, after={"a": 2, "b": 2})
    back = planned(VPC, "update", before={"a": 2, "b": 2}, after={"a": 1, "b": 2})

    found = find_drift(Plan(document={"resource_changes": [back], "resource_drift": [outside]}))

    assert told(found) == [("changed", "a", "1", "2")]


@pytest.mark.parametrize("side", ["before_sensitive", "after_sensitive"])
def test_a_sensitive_value_is_not_told(side: str) -> None:
    rows = told(drifted(VPC, {"a": "s3cret"}, {"a": "0ther"}, marks={side: {"a": True}}))

    assert rows == [("changed", "a", "(sensitive)", "(sensitive)")]


DASHBOARD, ALARM = "aws_cloudwatch_dashboard.main", "aws_cloudwatch_metric_alarm.app_cpu"


def beside_a_deleted_alarm(change: dict[str, Any], *, names: str = ALARM) -> Drifted:
    """An alarm was deleted, and the dashboard, whose body names something, would change."""
    expressions = {"dashboard_body": {"references": [f"{names}.arn", names]}}
    return find_drift(
        Plan(
            document={
                "resource_drift": [planned(ALARM, "delete", before={"alarm_name": "app-cpu"})],
                "resource_changes": [
                    planned(ALARM, "create", after={"alarm_name": "app-cpu"}),
                    change,
                ],
                "configuration": {
                    "root_module": {
                        "resources": [{"address": DASHBOARD, "expressions": expressions}]
                    }
                },
            }
        )
    )


def dashboard(*, named: str) -> dict[str, Any]:
    """A change of the dashboard "a": a body that nobody knows yet, under this name."""
    return planned(
        DASHBOARD,
        "update",
        before={"dashboard_name": "a", "dashboard_body": "old"},
        after={"dashboard_name": named},
        after_unknown={"dashboard_body": True},
    )


def test_what_changes_only_since_drift_is_set_right_is_not_pending() -> None:
    found = beside_a_deleted_alarm(dashboard(named="a"))

    assert [row.address for row in found.rows] == [ALARM]
    assert found.pending == 0


def test_what_changes_in_something_of_its_own_too_is_pending() -> None:
    assert beside_a_deleted_alarm(dashboard(named="b")).pending == 1


def test_what_does_not_name_the_drifted_object_is_pending() -> None:
    assert beside_a_deleted_alarm(dashboard(named="a"), names="aws_lb.main").pending == 1


def test_a_change_of_the_configuration_is_pending_and_no_drift() -> None:
    plan = {"resource_changes": [planned(VPC, "update", before={"a": 1}, after={"a": 2})]}

    assert find_drift(Plan(document=plan)) == Drifted(rows=(), pending=1)


def test_a_long_value_is_cut() -> None:
    (row,) = drifted(VPC, {"policy": "a"}, {"policy": "b" * 500}).rows

    assert len(row.found) <= 202
    assert row.found.endswith('..."')


def test_an_address_in_plain_words() -> None:
    assert in_plain_words("aws_cloudwatch_metric_alarm.app_cpu") == (
        "cloudwatch metric alarm app cpu"
    )


GROUP = {"id": "sg-1"}
OWN = {
    "security_group_id": "sg-1",
    "cidr_ipv4": "10.0.0.0/16",
    "ip_protocol": "tcp",
    "from_port": 80,
    "to_port": 80,
}
SEEN = {"cidr_blocks": ["10.0.0.0/16"], "protocol": "tcp", "from_port": 80, "to_port": 80}


def rules(*seen: dict[str, Any], own: dict[str, Any] | None = OWN) -> list[str]:
    """The rules that somebody has added to a group, in which AWS sees these."""
    resources = [_resource("aws_security_group", {**GROUP, "ingress": list(seen)})]
    if own:
        resources.append(_resource("aws_vpc_security_group_ingress_rule", own))
    plan = {"prior_state": {"values": {"root_module": {"resources": resources}}}}
    return [row.found for row in find_drift(Plan(document=plan)).rows]


def _resource(type_: str, values: dict[str, Any]) -> dict[str, Any]:
    return {"address": f"{type_}.app", "type": type_, "mode": "managed", "values": values}


def test_a_rule_that_a_resource_stands_for_is_none_of_somebodys() -> None:
    assert rules(SEEN) == []


def test_a_source_added_to_a_rule_is_told() -> None:
    assert rules({**SEEN, "cidr_blocks": ["10.0.0.0/16", "0.0.0.0/0"]}) == ["tcp 80-80 0.0.0.0/0"]


@pytest.mark.parametrize(
    ("difference", "told_as"),
    [
        ({"to_port": 90}, "tcp 80-90 10.0.0.0/16"),
        ({"protocol": "udp"}, "udp 80-80 10.0.0.0/16"),
        ({"cidr_blocks": [], "security_groups": ["sg-2"]}, "tcp 80-80 sg-2"),
        ({"cidr_blocks": [], "self": True}, "tcp 80-80 sg-1"),
    ],
)
def test_a_rule_that_differs_is_told(difference: dict[str, Any], told_as: str) -> None:
    assert rules(SEEN, {**SEEN, **difference}) == [told_as]


def test_all_ports_are_the_same_however_aws_writes_them() -> None:
    own = {**OWN, "ip_protocol": "-1", "from_port": None, "to_port": None}

    assert rules({**SEEN, "protocol": "-1", "from_port": 0, "to_port": 0}, own=own) == []


def test_a_group_that_holds_its_rules_inline_is_left_to_the_plan() -> None:
    assert rules(SEEN, own=None) == []
