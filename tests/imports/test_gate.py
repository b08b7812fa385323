"""What a plan may do to adopted objects, and to all others, in each phase."""

from typing import Any

import pytest

from aws.resources import RESOURCES
from common.errors import UserError
from imports.gate import Ruling, judge_adoption
from modules.settings.stateful import STATEFUL
from terraform.overwrites import Overwrite
from terraform.refused import Refused
from terraform.stack import Stack
from tests.imports.records import (
    a_plan,
    a_record,
    an_object,
    attributes,
    base_record,
    bound_document,
    document_without_shared_roles,
    finding_at,
    importing,
    planned,
    verdict_on,
)

PHASES = ("adopt", "foundation", "full")
LATER = ("foundation", "full")
VPC = a_record(an_object("aws_vpc.main", "vpc-1"))
AS_IT_IS = {"id": "vpc-1", "tags": {"Name": "a"}, "assign": None}


def vpc(*actions: str, phase: str = "adopt", **rest: Any) -> Ruling:
    """The finding on a plan for the one adopted object."""
    rest = {"before": AS_IT_IS, "after": AS_IT_IS, **rest}
    verdict = verdict_on(planned("aws_vpc.main", *actions, **rest), record=VPC, phase=phase)
    return finding_at("aws_vpc.main", verdict.findings)


def other(address: str, *actions: str, phase: str = "full", **rest: Any) -> Ruling:
    """The finding on a plan for an object that was not adopted, beside a clean adopted one."""
    clean = planned("aws_vpc.main", before=AS_IT_IS, after=AS_IT_IS)
    verdict = verdict_on(clean, planned(address, *actions, **rest), record=VPC, phase=phase)
    return finding_at(address, verdict.findings)


@pytest.mark.jsii
@pytest.mark.parametrize("phase", PHASES)
def test_importing_every_object_without_a_change_is_clean(phase: str) -> None:
    plan = a_plan(*importing(base_record()))

    verdict = judge_adoption(
        plan, base_record(), phase=phase, stack=Stack(document=bound_document(phase))
    )

    assert verdict.blocked == ()
    assert verdict.count("clean") == len(verdict.findings) == 46


@pytest.mark.jsii
@pytest.mark.parametrize("phase", PHASES)
def test_what_is_in_the_state_already_is_clean(phase: str) -> None:
    found = vpc("no-op", phase=phase)

    assert (found.kind, found.why) == ("clean", "no change")


@pytest.mark.parametrize(
    ("address", "attribute", "before", "after"),
    [
        ("aws_secretsmanager_secret.a", "recovery_window_in_days", None, 30),
        ("aws_secretsmanager_secret.a", "force_overwrite_replica_secret", None, False),
        ("aws_db_instance.main", "apply_immediately", None, False),
        ("aws_db_instance.main", "skip_final_snapshot", True, False),
        ("aws_db_instance.main", "final_snapshot_identifier", None, "last"),
        ("aws_ecr_repository.app", "force_delete", None, False),
        ("aws_s3_bucket.data", "force_destroy", None, False),
    ],
)
@pytest.mark.parametrize("phase", PHASES)
def test_a_listed_change_is_one_in_the_state_alone(
    phase: str, address: str, attribute: str, before: object, after: object
) -> None:
    found = changed(address, attribute, before, after, phase)

    assert attribute in RESOURCES[address.partition(".")[0]].state_changes
    assert found.kind == "state-only"
    assert [str(change) for change in found.changes] == [f"{attribute}: {before!r} -> {after!r}"]


@pytest.mark.parametrize(
    ("address", "attribute", "before", "after"),
    [
        ("aws_secretsmanager_secret.a", "recovery_window_in_days", None, 0),
        ("aws_secretsmanager_secret.a", "recovery_window_in_days", 30, 7),
        ("aws_secretsmanager_secret.a", "force_overwrite_replica_secret", None, True),
        ("aws_db_instance.main", "apply_immediately", None, True),
        ("aws_db_instance.main", "skip_final_snapshot", None, True),
        ("aws_db_instance.main", "final_snapshot_identifier", "last", "other"),
        ("aws_db_instance.main", "password", None, "x"),
        ("aws_db_instance.main", "manage_master_user_password", None, True),
        ("aws_ecr_repository.app", "force_delete", None, True),
        ("aws_s3_bucket.data", "force_destroy", None, True),
    ],
)
def test_the_same_attribute_the_other_way_is_blocked_at_adoption(
    address: str, attribute: str, before: object, after: object
) -> None:
    found = changed(address, attribute, before, after, "adopt")

    assert found.kind == "blocked"
    assert found.why == (
        "it would be changed in AWS: somebody has changed it since the inventory, or the stage file says "
        "something else: run `python -m imports inventory` again"
    )


@pytest.mark.parametrize("phase", LATER)
@pytest.mark.parametrize(("days", "kind"), [(0, "blocked"), (7, "change")])
def test_a_database_that_would_lose_its_backups_is_blocked(
    phase: str, days: int, kind: str
) -> None:
    before = {"id": "db", "identifier": "db", "backup_retention_period": 9}
    change = planned(
        "aws_db_instance.main",
        "update",
        before=before,
        after={**before, "backup_retention_period": days},
    )
    record = a_record(an_object("aws_db_instance.main", "db"))

    found = finding_at(
        "aws_db_instance.main", verdict_on(change, record=record, phase=phase).findings
    )

    assert found.kind == kind
    assert ("write backup_retention_days = 9 below [database]" in found.why) is (kind == "blocked")


def test_a_firewall_that_would_go_is_blocked_unless_a_person_allows_it() -> None:
    address = "aws_wafv2_web_acl.main"
    clean = planned("aws_vpc.main", before=AS_IT_IS, after=AS_IT_IS)
    plan = a_plan(clean, planned(address, "delete", before={"id": "w"}))
    stack = Stack(document={"resource": {}})

    blocked = judge_adoption(plan, VPC, phase="full", stack=stack)
    allowed = judge_adoption(plan, VPC, phase="full", stack=stack, allowed=frozenset({address}))

    assert [each.address for each in blocked.blocked] == [address]
    assert allowed.blocked == ()


def changed(address: str, attribute: str, before: object, after: object, phase: str) -> Ruling:
    keys = dict.fromkeys(("arn", "identifier", "name", "bucket"), "x")
    change = planned(
        address,
        "update",
        before=keys | {attribute: before},
        after=keys | {attribute: after},
        importing={"id": "x"},
    )
    record = a_record(an_object(address, "x"))
    (found,) = verdict_on(change, record=record, phase=phase).findings
    return found


def test_one_change_beside_a_listed_one_blocks() -> None:
    found = vpc("update", after={**AS_IT_IS, "tags": {"Name": "b"}}, importing={"id": "vpc-1"})

    assert found.kind == "blocked"
    assert [str(change) for change in found.changes] == ["tags: {'Name': 'a'} -> {'Name': 'b'}"]


@pytest.mark.parametrize(
    ("actions", "words"),
    [
        (["create"], "it would be created anew beside the existing one"),
        (["delete"], "it would be destroyed"),
        (["delete", "create"], "it would be replaced"),
        (["create", "delete"], "it would be replaced"),
        (["forget"], "it would be forgotten"),
        (["create", "forget"], "it would be create and forget"),
    ],
)
@pytest.mark.parametrize("phase", PHASES)
def test_an_adopted_object_stays_in_every_phase(phase: str, actions: list[str], words: str) -> None:
    before = None if actions == ["create"] else AS_IT_IS

    found = vpc(*actions, phase=phase, before=before)

    assert (found.kind, found.why) == ("blocked", words)


@pytest.mark.parametrize("phase", PHASES)
def test_an_adopted_object_that_the_plan_lacks_is_blocked(phase: str) -> None:
    (found,) = verdict_on(record=VPC, phase=phase).findings

    assert (found.kind, found.why) == ("blocked", "the record adopts it, and the plan lacks it")


def test_a_data_source_at_the_address_does_not_stand_for_the_object() -> None:
    change = planned("aws_vpc.main", "read") | {"mode": "data"}

    (found,) = verdict_on(change, record=VPC).findings

    assert found.kind == "blocked"


@pytest.mark.parametrize("phase", PHASES)
def test_an_import_of_another_object_is_blocked(phase: str) -> None:
    found = vpc("no-op", phase=phase, importing={"id": "vpc-2"})

    assert found.kind == "blocked"
    assert found.why == "the plan imports vpc-2, the record says vpc-1"


@pytest.mark.parametrize("phase", PHASES)
def test_another_object_in_the_state_is_blocked_though_nothing_changes(phase: str) -> None:
    found = vpc("no-op", phase=phase, before={"id": "vpc-2"}, after={"id": "vpc-2"})

    assert found.kind == "blocked"
    assert found.why == "the state holds vpc-2, the record says vpc-1"


@pytest.mark.parametrize("phase", PHASES)
def test_one_object_at_two_addresses_is_blocked_at_both(phase: str) -> None:
    verdict = verdict_on(
        planned("aws_vpc.main", before=AS_IT_IS, after=AS_IT_IS),
        planned("aws_vpc.again", before=AS_IT_IS, after=AS_IT_IS),
        record=VPC,
        phase=phase,
    )

    assert [(found.address, found.why) for found in verdict.blocked] == [
        ("aws_vpc.again", "vpc-1 is at another address too"),
        ("aws_vpc.main", "vpc-1 is at another address too"),
    ]


def test_objects_of_two_types_may_share_an_id() -> None:
    record = a_record(
        an_object("aws_s3_bucket.data", "b"), an_object("aws_s3_bucket_versioning.data", "b")
    )
    both = {"id": "b", "bucket": "b"}

    verdict = verdict_on(
        planned("aws_s3_bucket.data", before=both, after=both),
        planned("aws_s3_bucket_versioning.data", before=both, after=both),
        record=record,
    )

    assert verdict.blocked == ()


@pytest.mark.parametrize("actions", [["create"], ["update"], ["delete"], ["delete", "create"]])
def test_phase_adopt_takes_nothing_beside_the_record(actions: list[str]) -> None:
    found = other("aws_sqs_queue.new", *actions, phase="adopt")

    assert found.kind == "blocked"
    assert found.why.startswith("phase adopt holds adopted objects only, and this would be ")


@pytest.mark.parametrize("phase", LATER)
def test_later_phases_add(phase: str) -> None:
    found = other("aws_s3_bucket.logs", "create", phase=phase, after={"bucket": "logs"})

    assert (found.kind, found.why, found.changes) == ("addition", "created", ())


@pytest.mark.parametrize("actions", [["delete"], ["delete", "create"], ["create", "delete"]])
@pytest.mark.parametrize("type_", sorted(STATEFUL))
@pytest.mark.parametrize("phase", LATER)
def test_what_holds_data_is_neither_destroyed_nor_replaced(
    phase: str, type_: str, actions: list[str]
) -> None:
    found = other(f"{type_}.own", *actions, phase=phase, before={"id": "x"})

    assert found.kind == "blocked"
    assert found.why.startswith("it holds data and would be ")


@pytest.mark.parametrize("phase", LATER)
def test_what_holds_no_data_may_go(phase: str) -> None:
    found = other("aws_sns_topic.own", "delete", phase=phase, before={"id": "q"})

    assert (found.kind, found.why) == ("change", "destroyed")


@pytest.mark.parametrize("first", [True, False])
def test_a_left_over_object_is_judged_beside_the_one_at_its_address(first: bool) -> None:
    at_its_address = planned("aws_db_instance.own", before={"id": "new"}, after={"id": "new"})
    left_over = planned("aws_db_instance.own", "delete", before={"id": "old"}) | {"deposed": "a1"}
    both = [left_over, at_its_address] if first else [at_its_address, left_over]

    verdict = verdict_on(*both, record=a_record(), phase="full")

    assert sorted(found.kind for found in verdict.findings) == ["blocked", "clean"]


@pytest.mark.parametrize("phase", LATER)
def test_a_change_of_what_makes_an_object_itself_is_blocked(phase: str) -> None:
    found = vpc("update", phase=phase, after={**AS_IT_IS, "tags": {}, "assign": 1})

    assert (found.kind, found.why) == ("blocked", "its identifying attributes would be changed")
    assert [change.attribute for change in found.changes] == ["assign", "tags"]


@pytest.mark.parametrize("phase", LATER)
def test_a_change_in_place_is_listed_attribute_by_attribute(phase: str) -> None:
    before = {**AS_IT_IS, "ipam": 1, "same": [1]}
    after = {**before, "ipam": 2, "assign": True}

    found = vpc("update", phase=phase, before=before, after=after)

    assert (found.kind, found.why) == ("change", "changed in place")
    assert [str(change) for change in found.changes] == ["assign: None -> True", "ipam: 1 -> 2"]


def test_a_change_during_the_import_is_blocked_in_later_phases_too() -> None:
    found = vpc(
        "update", phase="full", after={**AS_IT_IS, "assign": True}, importing={"id": "vpc-1"}
    )

    assert found.kind == "blocked"
    assert 'because the stage file says phase = "full": write phase = "adopt" there' in found.why


def test_an_object_without_its_identity_is_an_error_and_no_verdict() -> None:
    with pytest.raises(UserError, match="without the attribute id has no import id"):
        vpc("no-op", before={"tags": {}})


@pytest.mark.jsii
def test_the_base_in_the_state_is_recognized_by_the_ids_of_the_record() -> None:
    plan = a_plan(
        *(
            planned(item.address, before=attributes()[item.address], after=None)
            for item in base_record().adopted
        )
    )

    verdict = judge_adoption(
        plan, base_record(), phase="adopt", stack=Stack(document=bound_document("adopt"))
    )

    assert verdict.blocked == ()


@pytest.mark.jsii
def test_roles_that_the_stage_has_dropped_may_be_destroyed() -> None:
    """GIVEN a record of which the shared roles are no longer kept, THEN their end is no loss."""
    kept = base_record().kept(shared_roles=False)
    role = "aws_iam_role.ecs_task_execution_role"
    gone = planned(role, "delete", before=attributes()[role])

    verdict = judge_adoption(
        a_plan(*importing(kept), gone),
        kept,
        phase="full",
        stack=Stack(document=document_without_shared_roles("full")),
    )

    assert verdict.blocked == ()
    assert finding_at(role, verdict.findings).why == "destroyed"


@pytest.mark.jsii
def test_roles_that_the_stage_keeps_may_not_be_destroyed() -> None:
    role = "aws_iam_role.ecs_task_execution_role"
    gone = planned(role, "delete", before=attributes()[role])

    verdict = judge_adoption(
        a_plan(gone, instead_of=importing(base_record())),
        base_record(),
        phase="full",
        stack=Stack(document=bound_document("full")),
    )

    assert [finding.address for finding in verdict.blocked] == [role]


@pytest.mark.jsii
@pytest.mark.parametrize(("allowed", "kind"), [(False, "blocked"), (True, "change")])
def test_a_create_that_overwrites_is_blocked_until_a_person_allows_it(
    allowed: bool, kind: str
) -> None:
    address = "aws_s3_bucket_policy.data"
    overwrite = Overwrite(address=address, holds="theirs", becomes="ours", allowed=allowed)

    verdict = judge_adoption(
        a_plan(*importing(base_record()), planned(address, "create", after={})),
        base_record(),
        phase="full",
        stack=Stack(document=bound_document("full")),
        overwrites=[overwrite],
    )

    found = finding_at(address, verdict.findings)
    assert found.kind == kind
    assert "theirs -> ours" in found.why


@pytest.mark.jsii
def test_what_aws_would_refuse_is_blocked_with_the_reason() -> None:
    refused = Refused(address="aws_lb.main", why="its name is taken")

    verdict = judge_adoption(
        a_plan(*importing(base_record()), planned("aws_lb.main", "create", after={})),
        base_record(),
        phase="full",
        stack=Stack(document=bound_document("full")),
        refused=[refused],
    )

    assert [(each.address, each.why) for each in verdict.blocked] == [
        ("aws_lb.main", "its name is taken")
    ]


DATABASE = a_record(
    an_object(
        "aws_db_instance.main",
        "db",
        auto_minor_version_upgrade=False,
        enabled_cloudwatch_logs_exports=["iam-db-auth-error", "postgresql"],
        max_allocated_storage=100,
        parameter_group_name="theirs",
        performance_insights_enabled=True,
        publicly_accessible=True,
        storage_type="io1",
    ),
    an_object("aws_ecr_repository.app", "app", image_tag_mutability="IMMUTABLE"),
)
GIVEN_UP = [
    ("aws_db_instance.main", "auto_minor_version_upgrade", True),
    ("aws_db_instance.main", "enabled_cloudwatch_logs_exports", ["postgresql", "upgrade"]),
    ("aws_db_instance.main", "performance_insights_enabled", None),
    ("aws_db_instance.main", "publicly_accessible", False),
    ("aws_db_instance.main", "max_allocated_storage", 0),
    ("aws_db_instance.main", "max_allocated_storage", 50),
    ("aws_db_instance.main", "parameter_group_name", "ours"),
    ("aws_db_instance.main", "storage_type", "gp3"),
    ("aws_ecr_repository.app", "image_tag_mutability", "MUTABLE"),
]


def giving_up(address: str, attribute: str, after: object, *, before: object = None) -> Any:
    """The change of one attribute of an adopted object from what the record has, or from `before`."""
    (item,) = (each for each in DATABASE.adopted if each.address == address)
    found = {"identifier": "db", "id": "app", "name": "app", **item.observed}
    found |= {} if before is None else {attribute: before}
    return planned(address, "update", before=found, after={**found, attribute: after})


def judged_change(change: Any, *allowed: str) -> Ruling:
    verdict = judge_adoption(
        a_plan(change), DATABASE, phase="full", stack=Stack(document={}), allowed=frozenset(allowed)
    )
    return finding_at(change["address"], verdict.findings)


@pytest.mark.parametrize(("address", "attribute", "after"), GIVEN_UP)
def test_what_the_owner_chose_is_given_up_only_when_a_person_allows_it(
    address: str, attribute: str, after: object
) -> None:
    change = giving_up(address, attribute, after)

    found = judged_change(change)

    assert found.kind == "blocked"
    assert f"what somebody has chosen would be changed ({attribute})" in found.why
    assert f'allow_overwrite = ["{address}"]' in found.why
    assert judged_change(change, address).kind == "change"


@pytest.mark.parametrize(
    ("attribute", "before", "after"),
    [
        ("max_allocated_storage", 100, 200),
        ("max_allocated_storage", 60, 50),
        ("parameter_group_name", "default.postgres15", "ours"),
        ("storage_type", "gp2", "gp3"),
    ],
)
def test_more_room_the_defaults_of_aws_and_what_a_deploy_has_set_are_changed_as_the_stage_says(
    attribute: str, before: object, after: object
) -> None:
    change = giving_up("aws_db_instance.main", attribute, after, before=before)

    assert judged_change(change).kind == "change"


SERVICE = {"id": "arn:cluster/app", "task_definition": "live-app:3", "force_new_deployment": None}


def imported_service(**after: Any) -> Ruling:
    """The finding on a service that is imported in phase full."""
    change = planned(
        "aws_ecs_service.app",
        "update",
        before=SERVICE,
        after={**SERVICE, "force_new_deployment": True, **after},
        importing={"id": "cluster/app"},
    )
    record = a_record(an_object("aws_ecs_service.app", "cluster/app"))
    return finding_at(
        "aws_ecs_service.app", verdict_on(change, record=record, phase="full").findings
    )


def test_a_service_comes_back_with_the_revision_it_runs_after_a_rollback_in_phase_full() -> None:
    found = imported_service(task_definition="arn:aws:ecs:x:1:task-definition/live-app:3")

    assert (found.kind, found.why) == ("change", "changed in place")


@pytest.mark.parametrize(
    "after",
    [
        {"task_definition": "arn:aws:ecs:x:1:task-definition/live-app:4"},
        {"task_definition": "arn:aws:ecs:x:1:task-definition/other-live-app:3"},
        {"task_definition": None},
        {"task_definition": "arn:aws:ecs:x:1:task-definition/live-app:3", "desired_count": 0},
    ],
)
def test_a_service_that_would_run_otherwise_is_not_imported_so(after: dict[str, Any]) -> None:
    found = imported_service(**after)

    assert found.kind == "blocked"
    assert 'write phase = "adopt" there' in found.why
