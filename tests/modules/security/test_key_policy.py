"""Who may use the stage's KMS key."""

from modules.security.key_policy import customer_key_policy, read_secrets, use_objects

ACCOUNT, REGION, KEY = "123456789012", "eu-west-1", "arn:key"
STATEMENTS = {
    statement["Sid"]: statement
    for statement in customer_key_policy(account_id=ACCOUNT, region=REGION)["Statement"]
}


def test_these_are_all_that_the_key_lets_in() -> None:
    assert {sid: statement["Principal"] for sid, statement in STATEMENTS.items()} == {
        "IamDecides": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "LogsAreWritten": {"Service": f"logs.{REGION}.amazonaws.com"},
        "AlarmsPublish": {"Service": "cloudwatch.amazonaws.com"},
        "EventsPublish": {"Service": "events.amazonaws.com"},
    }


def test_logs_are_encrypted_for_log_groups_of_this_account_and_region_alone() -> None:
    assert STATEMENTS["LogsAreWritten"]["Condition"] == {
        "ArnLike": {
            "kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:*"
        }
    }


def test_alarms_of_this_account_alone_publish() -> None:
    statement = STATEMENTS["AlarmsPublish"]

    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}


def test_no_service_may_change_or_delete_the_key() -> None:
    actions = {*STATEMENTS["LogsAreWritten"]["Action"], *STATEMENTS["AlarmsPublish"]["Action"]}

    assert actions == {
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    }


def test_secrets_are_decrypted_through_secrets_manager() -> None:
    (statement,) = read_secrets(KEY, REGION)

    assert (statement["Action"], statement["Resource"]) == (["kms:Decrypt"], [KEY])
    assert statement["Condition"] == {
        "StringEquals": {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}
    }


def test_objects_are_read_and_written_through_s3() -> None:
    (statement,) = use_objects(KEY, REGION)

    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert statement["Condition"] == {
        "StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}
    }
