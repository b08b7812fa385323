"""Which bucket, topic and file system are the platform's: beside them an owner may have others of his own."""

from collections.abc import Mapping
from typing import Final

from imports.sources.cloudformation.owners_stack import OwnersRow
from imports.sources.cloudformation.references import referred

# What the guide calls its constructs.
_CONSTRUCTS: Final = (
    *("AlarmTopic", "AtomicAlb", "AtomicCluster", "AtomicDataBucket", "AtomicPostgresDB"),
    *("AtomicVpc", "LanceDbFileSystem"),
)
# Who else uses such an object, and in which property, where a person has renamed the construct.
_USERS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "AWS::S3::Bucket": (("AWS::ECS::TaskDefinition", "ContainerDefinitions"),),
    "AWS::SNS::Topic": (("AWS::CloudWatch::Alarm", "AlarmActions"),),
    "AWS::EFS::FileSystem": (("AWS::ECS::TaskDefinition", "Volumes"),),
}
_OPERATOR: Final = "OperatorEmail"


def is_named(row: OwnersRow) -> bool:
    """Return whether a row is of a construct that bears the guide's name."""
    if row.path:
        return row.path.split("/")[0] in _CONSTRUCTS
    # An app may leave the paths out; the logical id begins with them all the same.
    return row.logical_id.startswith(_CONSTRUCTS)


def is_platforms(row: OwnersRow, rows: Mapping[str, OwnersRow]) -> bool:
    """Return whether a bucket, topic or file system is what the platform has one of."""
    return is_named(row) or any(
        row.logical_id in referred(user.properties.get(property_))
        for user in rows.values()
        for type_, property_ in (*_USERS[row.type], *_of_operator(user))
        if user.type == type_
    )


def _of_operator(user: OwnersRow) -> tuple[tuple[str, str], ...]:
    endpoint = referred(user.properties.get("Endpoint"))
    return (("AWS::SNS::Subscription", "TopicArn"),) if _OPERATOR in endpoint else ()
