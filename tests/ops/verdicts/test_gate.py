"""Which plans lose data, and what the judgement says of them."""

from typing import Any

import pytest

from aws.resources import CARRYING, PROTECTING
from modules.settings.stateful import STATEFUL
from ops.verdicts.gate import Judgement, judge_deploy
from terraform.plan import Plan
from terraform.refused import failed_conditions
from tests.imports.records import a_plan, planned

DATABASE = "aws_db_instance.main"
LOSING = {
    ("delete",): "destroyed",
    ("delete", "create"): "replaced",
    ("create", "delete"): "replaced",
    ("forget",): "forgotten",
}
# Each of the actions that Terraform plans and that keep the object.
KEEPING = [("no-op",), ("read",), ("update",), ("create",)]


def judged(*changes: dict[str, Any], retain_data: bool = True, allowed: str = "") -> Judgement:
    return judge_deploy(
        a_plan(*changes), retain_data=retain_data, allowed=frozenset(allowed.split()), held={}
    )


@pytest.mark.parametrize("type_", sorted(STATEFUL))
@pytest.mark.parametrize(("actions", "words"), LOSING.items())
def test_losing_what_holds_data_is_blocked(
    type_: str, actions: tuple[str, ...], words: str
) -> None:
    (loss,) = judged(planned(f"{type_}.main", *actions)).blocked

    assert (loss.address, loss.would_be) == (f"{type_}.main", words)


@pytest.mark.parametrize("actions", KEEPING)
def test_any_other_change_of_it_is_open(actions: tuple[str, ...]) -> None:
    assert judged(planned(DATABASE, *actions)).losses == ()


@pytest.mark.parametrize("actions", LOSING)
def test_what_holds_no_data_may_go(actions: tuple[str, ...]) -> None:
    assert judged(planned("aws_lb.main", *actions)).losses == ()


@pytest.mark.parametrize("type_", sorted(CARRYING))
def test_a_network_in_which_data_stands_does_not_go(type_: str) -> None:
    (loss,) = judged(planned(f"{type_}.private_0", "delete", "create")).blocked

    assert loss.would_be == "replaced"


def test_a_network_that_nobody_manages_here_any_more_still_stands() -> None:
    assert judged(planned("aws_subnet.private_0", "forget")).losses == ()


@pytest.mark.parametrize("type_", sorted(PROTECTING))
@pytest.mark.parametrize("action", ["delete", "forget"])
def test_the_loss_of_what_protects_is_blocked(type_: str, action: str) -> None:
    change = planned(f"{type_}.main", action)

    assert [loss.address for loss in judged(change).blocked] == [f"{type_}.main"]
    assert judged(change, allowed=f"{type_}.main").blocked == ()
    assert judged(change, retain_data=False).blocked == ()


@pytest.mark.parametrize("type_", sorted(PROTECTING))
@pytest.mark.parametrize("actions", [("delete", "create"), ("create", "delete"), *KEEPING])
def test_what_protects_may_be_replaced(type_: str, actions: tuple[str, ...]) -> None:
    assert judged(planned(f"{type_}.main", *actions)).losses == ()


def test_what_a_replaced_firewall_left_over_may_go() -> None:
    left_over = {**planned("aws_wafv2_web_acl.main", "delete"), "deposed": "0a1b2c3d"}

    assert judged(left_over).losses == ()


@pytest.mark.parametrize(("days", "blocked"), [(0, [DATABASE]), (1, [])])
def test_a_database_that_is_to_keep_no_backups_would_lose_those_it_has(
    days: int, blocked: list[str]
) -> None:
    change = planned(DATABASE, "update")
    change["change"] |= {
        "before": {"backup_retention_period": 14},
        "after": {"backup_retention_period": days},
    }

    assert [loss.address for loss in judged(change).blocked] == blocked


def test_a_named_address_may_go() -> None:
    judgement = judged(planned(DATABASE, "delete"), allowed=DATABASE)

    assert judgement.blocked == ()
    assert [loss.allowed for loss in judgement.losses] == [True]


def test_naming_one_address_allows_no_other() -> None:
    judgement = judged(
        planned(DATABASE, "delete"), planned("aws_s3_bucket.data", "delete"), allowed=DATABASE
    )

    assert [loss.address for loss in judgement.blocked] == ["aws_s3_bucket.data"]


def test_a_stage_that_keeps_nothing_is_told_and_not_blocked() -> None:
    judgement = judged(planned(DATABASE, "delete"), retain_data=False)

    assert judgement.blocked == ()
    assert [loss.address for loss in judgement.losses] == [DATABASE]


def test_a_replacement_says_which_attribute_asks_for_it() -> None:
    change = planned(DATABASE, "delete", "create", replace_paths=[["db_name"], ["tags", "a"]])

    assert judged(change).losses[0].because == "of a change of db_name, tags"


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("delete_because_no_resource_config", "it is no longer configured"),
        ("replace_because_tainted", "it is tainted"),
        ("something new", "the plan says so"),
    ],
)
def test_a_loss_without_such_an_attribute_says_terraforms_reason(reason: str, words: str) -> None:
    change = {**planned(DATABASE, "delete"), "action_reason": reason}

    assert judged(change).losses[0].because == words


@pytest.mark.parametrize("paths", [1, {"username": 1}, "username", ["username"], [[]]])
def test_a_plan_whose_reason_cannot_be_read_is_judged_all_the_same(paths: object) -> None:
    change = planned(DATABASE, "delete", "create")
    change["change"]["replace_paths"] = paths

    (loss,) = judged(change).blocked

    assert loss.because == "the plan says so"


def test_what_a_replacement_left_over_is_judged_beside_what_stands() -> None:
    left_over = {**planned(DATABASE, "delete"), "deposed": "0a1b2c3d"}

    judgement = judged(planned(DATABASE), left_over)

    assert [loss.because for loss in judgement.blocked] == ["it is left over from a replacement"]


def test_every_change_is_counted() -> None:
    judgement = judged(
        planned("aws_vpc.a"),
        planned("aws_vpc.b"),
        planned("aws_vpc.c", "create"),
        planned("aws_vpc.d", "update"),
        planned(DATABASE, "delete", "create"),
    )

    assert judgement.counts == {"unchanged": 2, "created": 1, "changed in place": 1, "replaced": 1}


def test_data_sources_are_not_counted() -> None:
    source = {**planned("data.aws_vpc.a", "read"), "mode": "data"}

    assert judged(source).counts == {}


def test_what_the_configuration_waits_for_is_refused() -> None:
    plan = a_plan()
    check = {
        "address": {"to_display": "aws_ecs_service.hasura"},
        "instances": [
            {
                "address": {"to_display": "aws_ecs_service.hasura"},
                "status": "fail",
                "problems": [{"message": "hasura cannot log in to the database yet"}],
            },
            {"address": {"to_display": "aws_ecs_service.app"}, "status": "pass"},
        ],
    }

    found = list(failed_conditions(Plan(document={**plan.document, "checks": [check]})))

    assert [(each.address, each.why) for each in found] == [
        ("aws_ecs_service.hasura", "hasura cannot log in to the database yet")
    ]
