"""AWS Backup of what cannot be built anew."""

import pytest

from tests.conftest import Synthesize


@pytest.mark.parametrize("stage", ["dev", "staging", "frugal", "foundation"])
def test_a_stage_for_tests_has_no_vault(stack: Synthesize, stage: str) -> None:
    assert stack(stage).names("aws_backup_vault") == []


@pytest.mark.parametrize(
    ("stage", "database"),
    [("prod", "${aws_db_instance.main.arn}"), ("aurora", "${aws_rds_cluster.main.arn}")],
)
def test_database_and_file_system_are_backed_up(
    stack: Synthesize, stage: str, database: str
) -> None:
    selection = stack(stage).resource("aws_backup_selection", "main")

    assert selection["resources"] == [database, "${aws_efs_file_system.lancedb.arn}"]
    assert selection["plan_id"] == "${aws_backup_plan.main.id}"
    assert selection["iam_role_arn"] == "${aws_iam_role.backups.arn}"


def test_it_happens_every_day_and_is_kept_for_35(stack: Synthesize) -> None:
    (rule,) = stack("prod").resource("aws_backup_plan", "main")["rule"]

    assert rule["schedule"] == "cron(0 5 ? * * *)"
    assert rule["lifecycle"] == {"delete_after": 35}
    assert rule["target_vault_name"] == "${aws_backup_vault.main.name}"


def test_a_backup_may_take_until_the_next_one(stack: Synthesize) -> None:
    """The provider's default cancels it after three hours."""
    (rule,) = stack("prod").resource("aws_backup_plan", "main")["rule"]

    assert rule["completion_window"] == 23 * 60


def test_the_role_may_back_up_and_restore(stack: Synthesize) -> None:
    type_ = "aws_iam_role_policy_attachment"
    policies = [
        stack("prod").resource(type_, f"backups_{kind}")["policy_arn"].rpartition("/")[2]
        for kind in ("backup", "restore")
    ]

    assert policies == [
        "AWSBackupServiceRolePolicyForBackup",
        "AWSBackupServiceRolePolicyForRestores",
    ]


@pytest.mark.parametrize(("stage", "goes"), [("fortified", True), ("prod", False)])
def test_only_a_kept_vault_stays(stack: Synthesize, stage: str, *, goes: bool) -> None:
    vault = stack(stage).resource("aws_backup_vault", "main")

    assert vault["force_destroy"] is goes
    assert ("lifecycle" in vault) is not goes
