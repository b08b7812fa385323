"""What is observed of each type, which changes stay in the state, and how changes and gaps are listed."""

from typing import Any

import pytest

from aws.resources import ADOPTABLE, RESOURCES, is_state_only
from imports.bind import covers
from imports.gate import Verdict, judge_adoption
from imports.sources.cloudformation.verdicts import OF_STACK
from imports.sources.terraform_base.mapping import ADOPTED
from terraform.plan import change_of
from terraform.stack import Stack
from tests.imports.records import (
    a_plan,
    base_record,
    bound_document,
    importing,
    observing,
    planned,
)

TYPES = sorted({address.partition(".")[0] for address in ADOPTED} | OF_STACK)
TAGGED = sorted(
    set(TYPES)
    - {
        "aws_ecs_cluster_capacity_providers",
        "aws_efs_mount_target",
        "aws_iam_role_policy_attachment",
        "aws_sns_topic_subscription",
        "aws_route_table_association",
        "aws_s3_bucket_public_access_block",
        "aws_s3_bucket_server_side_encryption_configuration",
        "aws_s3_bucket_versioning",
    }
)
CHANGED = [row for row in RESOURCES.values() if row.state_changes]
GROUP = "aws_security_group.load_balancer"
PHASES = ("adopt", "foundation", "full")
SECRETS = {
    "manage_master_user_password",
    "master_user_secret",
    "password",
    "password_wo",
    "password_wo_version",
    "secret_string",
}


def test_what_makes_an_object_itself_is_known_for_every_adopted_type() -> None:
    assert sorted(ADOPTABLE) == TYPES


@pytest.mark.parametrize("type_", TAGGED)
def test_tags_stay_as_they_were_found(type_: str) -> None:
    assert "tags" in (RESOURCES[type_].identity or ())


@pytest.mark.parametrize("type_", TYPES)
def test_no_secret_is_observed(type_: str) -> None:
    assert set(RESOURCES[type_].observed) & SECRETS == set()


@pytest.mark.parametrize("type_", TYPES)
def test_each_attribute_is_observed_once_and_in_order(type_: str) -> None:
    row = RESOURCES[type_]
    every = [*(row.identity or ()), *row.settings, *row.merged, *row.tied]

    assert list(row.observed) == sorted(every)


@pytest.mark.parametrize("type_", [row.type for row in CHANGED])
def test_what_changes_in_the_state_alone_is_never_observed(type_: str) -> None:
    assert set(RESOURCES[type_].state_changes) & set(RESOURCES[type_].observed) == set()


@pytest.mark.parametrize(
    ("type_", "attribute", "before", "after"),
    [
        ("aws_db_instance", "apply_immediately", None, False),
        ("aws_db_instance", "delete_automated_backups", True, False),
        ("aws_db_instance", "final_snapshot_identifier", None, "last"),
        ("aws_db_instance", "skip_final_snapshot", None, False),
        ("aws_db_instance", "skip_final_snapshot", True, False),
        ("aws_ecr_repository", "force_delete", None, False),
        ("aws_s3_bucket", "force_destroy", None, False),
        ("aws_cloudwatch_log_group", "skip_destroy", False, True),
        ("aws_ecs_service", "wait_for_steady_state", None, False),
        ("aws_sns_topic_subscription", "confirmation_timeout_in_minutes", None, 1),
        ("aws_sns_topic_subscription", "endpoint_auto_confirms", None, False),
        ("aws_secretsmanager_secret", "force_overwrite_replica_secret", None, False),
        ("aws_secretsmanager_secret", "recovery_window_in_days", None, 7),
        ("aws_secretsmanager_secret", "recovery_window_in_days", None, 30),
    ],
)
def test_a_change_on_the_list_is_one_in_the_state_alone(
    type_: str, attribute: str, before: object, after: object
) -> None:
    assert is_state_only(type_, attribute, before, after)


@pytest.mark.parametrize(
    ("type_", "attribute", "before", "after"),
    [
        ("aws_db_instance", "apply_immediately", None, True),
        ("aws_db_instance", "apply_immediately", False, True),
        ("aws_db_instance", "apply_immediately", True, False),
        ("aws_db_instance", "final_snapshot_identifier", "last", "other"),
        ("aws_db_instance", "final_snapshot_identifier", "last", None),
        ("aws_db_instance", "delete_automated_backups", False, True),
        ("aws_db_instance", "skip_final_snapshot", None, True),
        ("aws_db_instance", "skip_final_snapshot", False, True),
        ("aws_db_instance", "skip_final_snapshot", True, None),
        ("aws_db_instance", "password", None, "x"),
        ("aws_db_instance", "manage_master_user_password", None, True),
        ("aws_db_instance", "multi_az", False, True),
        ("aws_ecr_repository", "force_delete", None, True),
        ("aws_ecr_repository", "force_delete", False, True),
        ("aws_s3_bucket", "force_destroy", None, True),
        ("aws_s3_bucket", "force_destroy", False, True),
        ("aws_s3_bucket", "force_destroy", True, False),
        ("aws_secretsmanager_secret", "force_overwrite_replica_secret", None, True),
        ("aws_secretsmanager_secret", "recovery_window_in_days", None, 0),
        ("aws_secretsmanager_secret", "recovery_window_in_days", None, 6),
        ("aws_secretsmanager_secret", "recovery_window_in_days", None, True),
        ("aws_secretsmanager_secret", "recovery_window_in_days", None, "30"),
        ("aws_secretsmanager_secret", "recovery_window_in_days", 30, 7),
        ("aws_cloudwatch_log_group", "skip_destroy", True, False),
        ("aws_ecs_service", "force_new_deployment", None, True),
        ("aws_ecs_service", "wait_for_steady_state", None, True),
        ("aws_sns_topic_subscription", "confirmation_timeout_in_minutes", None, 5),
        ("aws_vpc", "force_destroy", None, False),
        ("aws_sqs_queue", "force_destroy", None, False),
    ],
)
def test_any_other_change_is_not(type_: str, attribute: str, before: object, after: object) -> None:
    assert not is_state_only(type_, attribute, before, after)


def test_nothing_else_is_on_the_list() -> None:
    assert {row.type: sorted(row.state_changes) for row in CHANGED} == {
        "aws_db_instance": [
            "apply_immediately",
            "delete_automated_backups",
            "final_snapshot_identifier",
            "skip_final_snapshot",
        ],
        "aws_cloudwatch_log_group": ["skip_destroy"],
        "aws_ecr_repository": ["force_delete"],
        "aws_ecs_service": ["wait_for_steady_state"],
        "aws_s3_bucket": ["force_destroy"],
        "aws_sns_topic_subscription": [
            "confirmation_timeout_in_minutes",
            "endpoint_auto_confirms",
        ],
        "aws_secretsmanager_secret": [
            "force_overwrite_replica_secret",
            "recovery_window_in_days",
        ],
    }


def shown(**change: Any) -> list[str]:
    return [str(each) for each in change_of(planned("aws_vpc.main", "update", **change)).attributes]


def test_a_value_that_is_not_known_yet_is_said_to_be() -> None:
    found = shown(before={"arn": "a"}, after={"id": 1}, after_unknown={"arn": True, "id": False})

    assert found[0] == "arn: 'a' -> (known after apply)"


@pytest.mark.parametrize("side", ["before_sensitive", "after_sensitive"])
@pytest.mark.parametrize("marks", [{"password": True}, {"password": [{"text": True}]}, True])
def test_a_sensitive_value_is_not_shown(side: str, marks: object) -> None:
    found = shown(before={"password": "hunter2"}, after={"password": "hunter3"}, **{side: marks})

    assert found == ["password: (sensitive) -> (sensitive)"]


def test_marks_that_say_no_hide_nothing() -> None:
    marks = {"tags": {}, "ingress": [{"cidr_blocks": [False]}]}

    found = shown(
        before={"ingress": [1]},
        after={"ingress": [2]},
        before_sensitive=marks,
        after_sensitive=marks,
    )

    assert found == ["ingress: [1] -> [2]"]


def on_the_base(*, phase: str = "adopt", **document: Any) -> Verdict:
    """The verdict on the import of the base, with these parts of the stack instead of its own."""
    stack = bound_document(phase) | document
    return judge_adoption(
        a_plan(*importing(base_record())), base_record(), phase=phase, stack=Stack(document=stack)
    )


@pytest.mark.jsii
@pytest.mark.parametrize(
    ("address", "attribute", "phases"),
    [
        (GROUP, "ingress", PHASES),
        (GROUP, "egress", PHASES),
        (GROUP, "description", PHASES),
        (GROUP, "tags", PHASES),
        ("aws_route_table.public", "route", PHASES),
        ("aws_ecs_cluster.main", "setting", ("adopt",)),
        ("aws_ecr_repository.app", "image_scanning_configuration", ("adopt",)),
        ("aws_iam_policy.ecs_application_task_policy", "policy", PHASES),
        ("aws_s3_bucket_public_access_block.data", "block_public_acls", PHASES),
        ("aws_s3_bucket_server_side_encryption_configuration.data", "rule", PHASES),
        ("aws_db_instance.main", "instance_class", ("adopt",)),
    ],
)
def test_what_the_construct_leaves_out_is_listed(
    address: str, attribute: str, phases: tuple[str, ...]
) -> None:
    type_, _, name = address.partition(".")
    for phase in phases:
        document = bound_document(phase)
        del document["resource"][type_][name][attribute]

        (found,) = on_the_base(phase=phase, **document).blocked

        assert found.address == address
        assert found.why == f"the configuration does not manage what was observed: {attribute}"


@pytest.mark.jsii
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("position", [0, 1])
def test_one_rule_that_is_left_out_blocks(phase: str, position: int) -> None:
    document = bound_document(phase)
    del document["resource"]["aws_security_group"]["load_balancer"]["ingress"][position]

    (found,) = on_the_base(phase=phase, **document).blocked

    assert found.why.endswith(": ingress")


@pytest.mark.jsii
def test_a_rule_in_other_words_does_not_cover() -> None:
    document = bound_document("adopt")
    rules = document["resource"]["aws_security_group"]["load_balancer"]["ingress"]
    rules[0]["description"] = "in our words"

    assert [found.why[-7:] for found in on_the_base(**document).blocked] == ["ingress"]


@pytest.mark.jsii
def test_all_that_is_left_out_of_an_object_is_in_one_list() -> None:
    document = bound_document("adopt")
    document["resource"]["aws_vpc"]["main"] = {}

    (found,) = on_the_base(**document).blocked

    assert found.why.endswith(
        ": cidr_block, enable_dns_hostnames, enable_dns_support, instance_tenancy, tags"
    )


@pytest.mark.jsii
def test_a_policy_with_variables_of_its_own_is_covered() -> None:
    address = "aws_iam_policy.ecs_application_task_policy"
    record = observing(base_record(), address, policy="arn:aws:s3:::b/${aws:username}")

    verdict = judge_adoption(
        a_plan(*importing(record)),
        record,
        phase="adopt",
        stack=Stack(document=bound_document("adopt", record)),
    )

    assert verdict.blocked == ()


@pytest.mark.parametrize(
    ("configured", "observed", "expected"),
    [
        ("a", "a", True),
        ("a", "b", False),
        (None, "a", False),
        ({"Name": "a"}, {"Name": "a"}, True),
        ({"Name": "a", "More": "b"}, {"Name": "a"}, False),
        (["b", "a"], ["a"], True),
        (["b"], ["a"], False),
        (None, ["a"], False),
        ([{"a": 1, "b": None}, {"c": 2}], [{"a": 1, "b": ""}], True),
        ([{"a": 1}], [{"a": 1, "b": 2}], False),
    ],
)
def test_a_list_may_say_more_than_was_observed_and_a_value_may_not(
    configured: object, observed: object, expected: bool
) -> None:
    assert covers(configured, observed) is expected
