"""Topics, and who is told."""

from collections.abc import Sequence
from typing import Final

from aws.client import Clients, region_of
from aws.resources.call import Call, Row
from aws.resources.document import (
    Document,
    DocumentReader,
    held_in_row,
    planned_policy,
    policy_document,
)
from aws.resources.row import ResourceType, switched_off


def _of_region(clients: Clients, rows: Sequence[Row], _sought: str | None) -> Sequence[Row]:
    here = f":{region_of(clients)}:"
    return [row for row in rows if here in row["TopicArn"]]


def _set_by_somebody(text: object) -> Document | None:
    """None for the policy that AWS gives each topic."""
    return None if "__default_policy_ID" in str(text) else policy_document(text)


SNS: Final = (
    ResourceType(
        type="aws_sns_topic",
        free=True,
        cloudformation="AWS::SNS::Topic",
        arn="arn:aws:sns:us-east-1:111122223333:name",
        label="topic",
        key=("name",),
        refuses_double=True,
        attributes={
            "id": "TopicArn",
            "arn": "TopicArn",
            "name": lambda row: row["TopicArn"].rpartition(":")[2],
        },
        listing=Call("sns", "ListTopics", "Topics"),
        details=_of_region,
        identity=("fifo_topic", "kms_master_key_id", "name", "tags"),
        settings=("display_name",),
    ),
    ResourceType(
        type="aws_sns_topic_policy",
        free=True,
        key=("arn",),
        attributes={"id": "TopicArn", "arn": "TopicArn"},
        import_id="{arn}",
        is_part=True,
        listing=Call(
            "sns",
            "GetTopicAttributes",
            "Attributes.Policy",
            {"TopicArn": "{}"},
            absent=frozenset({"NotFound", "NotFoundException"}),
            single=True,
        ),
        overwrites=True,
        document=DocumentReader(held=held_in_row(_set_by_somebody), planned=planned_policy),
    ),
    ResourceType(
        type="aws_sns_topic_subscription",
        free=True,
        cloudformation="AWS::SNS::Subscription",
        label="subscription",
        key=("topic_arn", "protocol", "endpoint"),
        attributes={
            "id": "SubscriptionArn",
            "arn": "SubscriptionArn",
            "topic_arn": "TopicArn",
            "protocol": "Protocol",
            "endpoint": "Endpoint",
        },
        listing=Call("sns", "ListSubscriptions", "Subscriptions"),
        named=Call("sns", "ListSubscriptionsByTopic", "Subscriptions", {"TopicArn": "{}"}),
        # Until its e-mail is answered one has no ARN; to subscribe again sends that e-mail again.
        is_one=lambda row: str(row["SubscriptionArn"]).startswith("arn:"),
        kept_in_state={"confirmation_timeout_in_minutes": 1, "endpoint_auto_confirms": False},
        state_changes={
            "confirmation_timeout_in_minutes": lambda before, after: (before, after) == (None, 1),
            "endpoint_auto_confirms": switched_off,
        },
        identity=("endpoint", "protocol"),
    ),
)
