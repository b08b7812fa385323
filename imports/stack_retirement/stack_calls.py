"""Changes a stack and waits until CloudFormation has done, telling each row as it comes."""

import hashlib
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from aws.client import Clients, ask, ask_all, ask_unless, asking, client_of, region_of
from common.errors import UserError, listed
from common.progress import Progress
from modules.base.partition import host

MOST_BYTES: Final = 51_200
"""A longer template goes through a bucket."""
_MOST_IN_BUCKET: Final = 1_048_576
_KEY: Final = "template"
_NO_UPDATES: Final = "No updates are to be performed"
_FIRST_POLL_SECONDS: Final = 0.5
_LONGEST_POLL_SECONDS: Final = 10.0

Facts = Mapping[str, Any]


def stack_facts(clients: Clients, arn: str) -> Facts | None:
    """Return what DescribeStacks tells; None for a stack that it does not tell of, or no longer."""
    found = ask_unless(
        clients, "cloudformation", "DescribeStacks", frozenset({"ValidationError"}), StackName=arn
    )
    return found["Stacks"][0] if found else None


def update_stack(clients: Clients, facts: Facts, text: str) -> bool:
    """Send a template with all else as it is; return whether CloudFormation takes it for a change.

    Raises UserError when it refuses. A token of its own lets a repeated request do nothing twice.
    """
    arn = str(facts["StackId"])
    client = client_of(clients, "cloudformation")
    with asking("cloudformation:UpdateStack"):
        try:
            client.update_stack(
                StackName=arn,
                **_template(clients, arn, text),
                Parameters=[
                    {"ParameterKey": each["ParameterKey"], "UsePreviousValue": True}
                    for each in facts.get("Parameters", ())
                ],
                Capabilities=list(facts.get("Capabilities", ())),
                ClientRequestToken=f"atomic-infra-{uuid.uuid4()}",
                **_role(facts),
            )
        except ClientError as error:
            if _NO_UPDATES in str(error):
                return False
            raise
    return True


def delete_stack(clients: Clients, facts: Facts) -> None:
    """Have a stack deleted, by its ARN: its name may be another stack's tomorrow. Raises UserError."""
    ask(
        clients,
        "cloudformation",
        "DeleteStack",
        StackName=str(facts["StackId"]),
        ClientRequestToken=f"atomic-infra-{uuid.uuid4()}",
        **_role(facts),
    )


def wait(clients: Clients, arn: str, *, progress: Progress) -> str:
    """Return the status that a stack comes to. Raises UserError when AWS refuses a call."""
    pause, told = _FIRST_POLL_SECONDS, ""
    while True:
        facts = stack_facts(clients, arn)
        status = str(facts["StackStatus"]) if facts else "DELETE_COMPLETE"
        if not status.endswith("_IN_PROGRESS"):
            return status
        event = _newest(clients, arn)
        if event and event != told:
            progress(f"CloudFormation: {event}")
            told, pause = event, _FIRST_POLL_SECONDS
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_POLL_SECONDS)


def outcomes(clients: Clients, arn: str) -> dict[str, str]:
    """Return the last status of each row, by its events; also of a stack that is deleted."""
    found: dict[str, str] = {}
    for event in _events(clients, arn):
        if event["PhysicalResourceId"] != arn:
            found.setdefault(event["LogicalResourceId"], event["ResourceStatus"])
    return found


def failures(clients: Clients, arn: str) -> str:
    """Return why rows have failed, the first first."""
    reasons = [
        f"{event['LogicalResourceId']} ({event.get('ResourceStatusReason') or 'no reason given'})"
        for event in _since_last_begin(clients, arn)
        if event["ResourceStatus"].endswith("_FAILED")
    ]
    return listed(reversed(reasons), limit=3) or "CloudFormation gives no reason"


def remove_template_bucket(clients: Clients, arn: str, text: str) -> None:
    """Remove the bucket that a long template went through; what is gone already is left.

    `text` is the longest that may have been sent: for a short one there never was a bucket.
    """
    if len(text.encode()) <= MOST_BYTES:
        return
    bucket, none = template_bucket(arn), frozenset({"NoSuchBucket"})
    ask_unless(clients, "s3", "DeleteObject", none, Bucket=bucket, Key=_KEY)
    ask_unless(clients, "s3", "DeleteBucket", none, Bucket=bucket)


def template_bucket(arn: str) -> str:
    """Return the name of the bucket for a long template, always the same for one stack.

    It is made for the one update and removed after it. CDK's own bucket of assets would do, where there is
    one: older stacks have none, people delete it, and nothing of ours belongs into another tool's.
    """
    return f"atomic-infra-{hashlib.sha256(arn.encode()).hexdigest()[:32]}"


def _template(clients: Clients, arn: str, text: str) -> dict[str, str]:
    size = len(text.encode())
    if size <= MOST_BYTES:
        return {"TemplateBody": text}
    if size > _MOST_IN_BUCKET:
        raise UserError(
            f"with its policies the template has {size} bytes, allowed: {_MOST_IN_BUCKET}: set "
            "`removalPolicy: RemovalPolicy.RETAIN` in the CDK app and deploy that, then run the inventory "
            "again"
        )
    bucket, region = template_bucket(arn), region_of(clients)
    elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": region}}
    ask_unless(
        clients,
        "s3",
        "CreateBucket",
        frozenset({"BucketAlreadyOwnedByYou"}),
        Bucket=bucket,
        **({} if region == "us-east-1" else elsewhere),
    )
    closed = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    ask(
        clients,
        "s3",
        "PutPublicAccessBlock",
        Bucket=bucket,
        PublicAccessBlockConfiguration=dict.fromkeys(closed, True),
    )
    ask(clients, "s3", "PutObject", Bucket=bucket, Key=_KEY, Body=text.encode())
    return {"TemplateURL": f"https://{bucket}.{host('s3', region)}/{_KEY}"}


def _role(facts: Facts) -> dict[str, str]:
    return {"RoleARN": str(facts["RoleARN"])} if facts.get("RoleARN") else {}


def _newest(clients: Clients, arn: str) -> str:
    page = ask_unless(
        clients,
        "cloudformation",
        "DescribeStackEvents",
        frozenset({"ValidationError"}),
        StackName=arn,
    )
    events = page["StackEvents"] if page else []
    return f"{events[0]['LogicalResourceId']} {events[0]['ResourceStatus']}" if events else ""


def _events(clients: Clients, arn: str) -> list[dict[str, Any]]:
    """Return what has happened to a stack, the last first."""
    return list(
        ask_all(
            clients,
            "cloudformation",
            "DescribeStackEvents",
            "StackEvents",
            absent=frozenset({"ValidationError"}),
            StackName=arn,
        )
    )


def _since_last_begin(clients: Clients, arn: str) -> Iterator[dict[str, Any]]:
    for event in _events(clients, arn):
        yield event
        begins = event["ResourceStatus"] in ("UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS")
        if begins and event["PhysicalResourceId"] == arn:
            return
