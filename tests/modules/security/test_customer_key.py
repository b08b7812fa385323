"""The stage's own KMS key: all that stores anything uses it, once the switch is on."""

import pytest

from tests.conftest import Synthesize

KEY = "${aws_kms_key.main.arn}"
REGION = "us-east-1"
# type, name -> the attribute that names the key
ENCRYPTED = {
    ("aws_db_instance", "main"): "kms_key_id",
    ("aws_efs_file_system", "lancedb"): "kms_key_id",
    ("aws_sns_topic", "alarms"): "kms_master_key_id",
    ("aws_backup_vault", "main"): "kms_key_arn",
}
BUCKET_ENCRYPTION = "aws_s3_bucket_server_side_encryption_configuration"


@pytest.mark.parametrize("stage", ["dev", "staging", "prod", "foundation", "aurora", "frugal"])
def test_without_the_switch_there_is_no_key(stack: Synthesize, stage: str) -> None:
    assert stack(stage).names("aws_kms_key") == []
    assert "aws_kms_key" not in str(stack(stage).json["resource"])


def test_the_key_rotates_and_goes_after_the_least_of_days(stack: Synthesize) -> None:
    key = stack("fortified").resource("aws_kms_key", "main")

    assert key["enable_key_rotation"] is True
    assert key["deletion_window_in_days"] == 7
    assert "lifecycle" not in key


def test_the_key_of_a_stage_that_keeps_its_data_stays(stack: Synthesize) -> None:
    key = stack("guarded").resource("aws_kms_key", "main")

    assert key["lifecycle"] == {"prevent_destroy": True}
    assert key["deletion_window_in_days"] == 30


def test_the_key_has_a_name_that_people_find(stack: Synthesize) -> None:
    alias = stack("fortified").resource("aws_kms_alias", "main")

    assert alias["name"] == "alias/atomic-fortified"
    assert alias["target_key_id"] == "${aws_kms_key.main.key_id}"


@pytest.mark.parametrize(("type_", "name"), ENCRYPTED)
def test_what_stores_data_uses_the_key(stack: Synthesize, type_: str, name: str) -> None:
    attribute = ENCRYPTED[type_, name]

    assert stack("fortified").resource(type_, name)[attribute] == KEY


def test_auroras_cluster_uses_the_key(stack: Synthesize) -> None:
    cluster = stack("guarded").resource("aws_rds_cluster", "main")

    assert cluster["kms_key_id"] == KEY


@pytest.mark.parametrize("type_", ["aws_secretsmanager_secret", "aws_cloudwatch_log_group"])
def test_all_of_a_kind_use_the_key(stack: Synthesize, type_: str) -> None:
    names = stack("fortified").names(type_)

    without = [
        name for name in names if stack("fortified").resource(type_, name).get("kms_key_id") != KEY
    ]
    assert names
    assert without == []


def test_images_are_encrypted_with_the_key(stack: Synthesize) -> None:
    names = stack("fortified").names("aws_ecr_repository")

    found = [
        stack("fortified").resource("aws_ecr_repository", name)["encryption_configuration"]
        for name in names
    ]
    assert found == [[{"encryption_type": "KMS", "kms_key": KEY}]] * len(names)


def test_the_data_bucket_uses_the_key_once_for_many_objects(stack: Synthesize) -> None:
    (rule,) = stack("fortified").resource(BUCKET_ENCRYPTION, "data")["rule"]

    assert rule["bucket_key_enabled"] is True
    assert rule["apply_server_side_encryption_by_default"] == {
        "sse_algorithm": "aws:kms",
        "kms_master_key_id": KEY,
    }


def test_the_logs_bucket_keeps_s3s_key_which_the_load_balancer_asks_for(stack: Synthesize) -> None:
    (rule,) = stack("fortified").resource(BUCKET_ENCRYPTION, "logs")["rule"]

    assert rule["apply_server_side_encryption_by_default"] == {"sse_algorithm": "AES256"}


def test_an_execution_role_decrypts_through_secrets_manager_alone(stack: Synthesize) -> None:
    policy = stack("fortified").policy("aws_iam_role_policy", "hasura_execution")

    (statement,) = [each for each in policy["Statement"] if each["Sid"] == "DecryptSecrets"]
    assert (statement["Action"], statement["Resource"]) == (["kms:Decrypt"], [KEY])
    assert statement["Condition"] == {
        "StringEquals": {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}
    }


def test_the_task_that_uses_the_bucket_uses_the_key_through_s3_alone(stack: Synthesize) -> None:
    policy = stack("fortified").policy("aws_iam_role_policy", "functions_task")

    (statement,) = [each for each in policy["Statement"] if each["Sid"] == "UseEncryptedObjects"]
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert statement["Resource"] == [KEY]
    assert statement["Condition"] == {
        "StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}
    }


def test_other_tasks_may_not_use_the_key(stack: Synthesize) -> None:
    allowed = [
        name
        for name in stack("fortified").names("aws_iam_role_policy")
        if name.endswith("_task")
        and "kms:" in str(stack("fortified").policy("aws_iam_role_policy", name))
    ]

    assert allowed == ["functions_task"]
