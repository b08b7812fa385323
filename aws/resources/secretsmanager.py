"""Secrets: found by their names, and never read."""

from typing import Any, Final

from aws.resources.call import Call
from aws.resources.row import ResourceType, of, switched_off


def _recovery_window(before: Any, after: Any) -> bool:
    """7 to 30 days; 0 would mean that a destroy deletes at once."""
    return before is None and isinstance(after, int) and after >= 7


_ABSENT: Final = frozenset({"ResourceNotFoundException"})
VERSIONS: Final = Call(
    "secretsmanager", "ListSecretVersionIds", "Versions", {"SecretId": "{}"}, absent=_ABSENT
)
_SECRET: Final = ResourceType(
    type="aws_secretsmanager_secret",
    cloudformation="AWS::SecretsManager::Secret",
    arn="arn:aws:secretsmanager:us-east-1:111122223333:secret:name",
    label="secret",
    key=("name",),
    refuses_double=True,
    attributes={"id": "ARN", "name": "Name", "arn": "ARN"},
    import_id="{arn}",
    listing=Call("secretsmanager", "ListSecrets", "SecretList", {"IncludePlannedDeletion": True}),
    named=Call("secretsmanager", "DescribeSecret", "", {"SecretId": "{}"}, absent=_ABSENT),
    deleted_on="DeletedDate",
    holds_data=True,
    kept_in_state={"force_overwrite_replica_secret": None, "recovery_window_in_days": None},
    state_changes={
        "force_overwrite_replica_secret": switched_off,
        "recovery_window_in_days": _recovery_window,
    },
    identity=("description", "kms_key_id", "name", "tags"),
)

SECRETSMANAGER: Final = (
    _SECRET,
    ResourceType(
        type="aws_secretsmanager_secret_version",
        free=True,
        key=("secret_id",),
        attributes={
            "id": lambda row: f"{row['SecretId']}|{row['VersionId']}",
            "secret_id": "SecretId",
            "version_id": "VersionId",
        },
        not_imported="a plan that imports it would hold the secret's value",
        listing=VERSIONS,
        owners=of(_SECRET, "arn"),
        overwrites=True,
        unread="a deploy reads the value first, and writes none over a value of somebody's",
    ),
)
