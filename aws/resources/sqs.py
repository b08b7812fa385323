"""Queues."""

from collections.abc import Sequence
from typing import Final

from aws.client import Clients, account_of, client_of
from aws.resources.call import Call, Row
from aws.resources.row import ResourceType


def _named(clients: Clients, rows: Sequence[Row], _sought: str | None) -> Sequence[Row]:
    """Tell the names and ARNs: SQS lists URLs alone."""
    if not rows:
        return []
    here = client_of(clients, "sqs").meta
    place = f"arn:{here.partition}:sqs:{here.region_name}:{account_of(clients)}"
    names = [(row, str(row["value"]).rpartition("/")[2]) for row in rows]
    return [{**row, "name": name, "arn": f"{place}:{name}"} for row, name in names]


SQS: Final = (
    ResourceType(
        type="aws_sqs_queue",
        arn="arn:aws:sqs:us-east-1:111122223333:name",
        label="queue",
        key=("name",),
        refuses_double=True,
        attributes={"id": "value", "url": "value", "name": "name", "arn": "arn"},
        listing=Call("sqs", "ListQueues", "QueueUrls", {"QueueNamePrefix": "{}"}),
        details=_named,
        holds_data=True,
    ),
)
