"""Who may use the stage's KMS key, as plain documents.

Most services use it in the name of who calls them, which IAM allows. The ones here call on their own.
"""

from collections.abc import Sequence

from modules.base.partition import arn, host
from modules.security.policies import Document, Statement, document


def customer_key_policy(*, account_id: str, region: str) -> Document:
    """Write the key's policy: IAM decides within the account, CloudWatch Logs and alarms are let in.

    Of all principals that of CloudWatch Logs alone has region and suffix in its name.

    Sources: "Default key policy" of the KMS guide, "Encrypt log data" of the CloudWatch Logs guide, "Alarms
    and SNS topics with encryption" of the CloudWatch guide.
    """
    return document(
        [
            {
                "Sid": "IamDecides",
                "Effect": "Allow",
                "Principal": {"AWS": arn(region, f"iam::{account_id}:root")},
                "Action": "kms:*",
                "Resource": "*",  # of a key's policy: the key
            },
            {
                "Sid": "LogsAreWritten",
                "Effect": "Allow",
                "Principal": {"Service": host("logs", region)},
                "Action": [
                    "kms:Decrypt",
                    "kms:DescribeKey",
                    "kms:Encrypt",
                    "kms:GenerateDataKey",
                    "kms:GenerateDataKeyWithoutPlaintext",
                    "kms:ReEncryptFrom",
                    "kms:ReEncryptTo",
                ],
                "Resource": "*",
                "Condition": {
                    "ArnLike": {
                        "kms:EncryptionContext:aws:logs:arn": (
                            arn(region, f"logs:{region}:{account_id}:log-group:*")
                        )
                    }
                },
            },
            *(
                {
                    "Sid": sid,
                    "Effect": "Allow",
                    "Principal": {"Service": f"{service}.amazonaws.com"},
                    "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                    "Resource": "*",
                    "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
                }
                for sid, service in (("AlarmsPublish", "cloudwatch"), ("EventsPublish", "events"))
            ),
        ]
    )


def read_secrets(key_arn: str, region: str) -> list[Statement]:
    """Let an execution role decrypt what Secrets Manager hands out, and nothing beside that."""
    return [_use("DecryptSecrets", ["kms:Decrypt"], key_arn, "secretsmanager", region)]


def use_objects(key_arn: str, region: str) -> list[Statement]:
    """Let a task role read and write encrypted objects, and nothing beside that."""
    return [
        _use(
            "UseEncryptedObjects",
            ["kms:Decrypt", "kms:GenerateDataKey"],
            key_arn,
            "s3",
            region,
        )
    ]


def read_sessions(key_arn: str) -> list[Statement]:
    """Let a task role decrypt the key of a session's data, which whoever opens it has asked KMS for."""
    return [
        {
            "Sid": "DecryptSessions",
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": [key_arn],
        }
    ]


def _use(sid: str, actions: Sequence[str], key_arn: str, service: str, region: str) -> Statement:
    # In China the documents give both, and neither is anybody else's.
    # https://docs.amazonaws.cn/en_us/kms/latest/developerguide/conditions-kms.html
    through = sorted({f"{service}.{region}.amazonaws.com", host(service, region)})
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": [key_arn],
        "Condition": {
            "StringEquals": {"kms:ViaService": through if len(through) > 1 else through[0]}
        },
    }
