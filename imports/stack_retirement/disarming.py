"""Takes from buckets and registries what lets CDK's handlers empty them, and puts it back.

The handlers look for a tag first. It goes before the stack's first update, in which one may run already.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from aws.client import Clients, ask, ask_unless
from common.errors import UserError, listed
from common.policy_statements import statements_of
from imports.stack_retirement.plan import RowPlan

_TAGS: Final = {
    "AWS::S3::Bucket": "aws-cdk:auto-delete-objects",
    "AWS::ECR::Repository": "aws-cdk:auto-delete-images",
}
_NO_TAGS: Final = frozenset({"NoSuchTagSet", "NoSuchTagSetError"})
_NO_POLICY: Final = frozenset({"NoSuchBucketPolicy"})


class Armed(BaseModel):
    """One bucket or registry as it was. `arn` is a registry's, `policy` a bucket's text."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    type: str
    name: str
    arn: str = ""
    tags: dict[str, str]
    policy: str | None = None


def read_armed(clients: Clients, rows: Sequence[RowPlan]) -> list[Armed]:
    """Return the buckets and registries of these rows as they are. Raises UserError."""
    return [
        _bucket(clients, row.physical_id)
        if row.type == "AWS::S3::Bucket"
        else _registry(clients, row.physical_id)
        for row in rows
        if row.type in _TAGS and row.outcome == "kept"
    ]


def disarm(clients: Clients, rows: Sequence[RowPlan]) -> None:
    """Take the tags, and from the buckets' policies the roles that go. What is done already is left.

    Raises UserError where a tag or a policy is afterwards not as it has to be.
    """
    gone = roles_that_go(rows)
    for armed in read_armed(clients, rows):
        tag = _TAGS[armed.type]
        if tag in armed.tags:
            _untag(clients, armed, tag)
        cleaned = without_roles(armed.policy, gone)
        if cleaned != armed.policy:
            _put_policy(clients, armed.name, cleaned)
    wrong = [
        f"{armed.name} {what}"
        for armed in read_armed(clients, rows)
        for what in _still(armed, gone)
    ]
    if wrong:
        raise UserError(
            f"{listed(wrong)} after it was taken away: somebody else puts it back, as a `cdk deploy` does: "
            "stop that, then run the same command again; the stack was not deleted"
        )


def arm_again(clients: Clients, rows: Sequence[RowPlan], before: Sequence[Armed]) -> list[str]:
    """Put back what was taken, where it is still gone; return a line for each that was changed since."""
    notes = []
    gone = roles_that_go(rows)
    by_name = {(each.type, each.name): each for each in read_armed(clients, rows)}
    for armed in before:
        now = by_name.get((armed.type, armed.name))
        if now is None:
            notes.append(f"{armed.name} is gone: its tags cannot be put back")
            continue
        tag = _TAGS[armed.type]
        if tag in armed.tags and now.tags.get(tag) != armed.tags[tag]:
            _tag(clients, now, tag, armed.tags[tag])
        if now.policy == armed.policy:
            continue
        if _parsed(now.policy) == _parsed(without_roles(armed.policy, gone)):
            _put_policy(clients, armed.name, armed.policy)
        else:
            notes.append(f"the policy of {armed.name} was changed since, and stays as it is now")
    return notes


def roles_that_go(rows: Sequence[RowPlan]) -> frozenset[str]:
    """Return the names of the roles that are deleted with the stack."""
    return frozenset(
        row.physical_id for row in rows if row.type == "AWS::IAM::Role" and row.outcome == "deleted"
    )


def without_roles(policy: str | None, roles: frozenset[str]) -> str | None:
    """Return a bucket's policy without these roles; the same text where none is named. Pure.

    AWS takes no policy that names a role which is gone, and none without a statement: None then.
    """
    if policy is None:
        return None
    document: dict[str, Any] = json.loads(policy)
    statements = statements_of(document) or []
    left = [kept for each in statements if (kept := _without(each, roles)) is not None]
    if left == statements:
        return policy
    return json.dumps({**document, "Statement": left}) if left else None


def _without(statement: dict[str, Any], roles: frozenset[str]) -> dict[str, Any] | None:
    principal = statement.get("Principal")
    if not isinstance(principal, dict) or "AWS" not in principal:
        return statement
    named = principal["AWS"] if isinstance(principal["AWS"], list) else [principal["AWS"]]
    left = [each for each in named if not _is_role(str(each), roles)]
    if left == named:
        return statement
    others = {key: value for key, value in principal.items() if key != "AWS"}
    if not left and not others:
        return None
    return {**statement, "Principal": {**others, **({"AWS": left} if left else {})}}


def _is_role(arn: str, roles: frozenset[str]) -> bool:
    return ":role/" in arn and arn.rpartition("/")[2] in roles


def _parsed(policy: str | None) -> object:
    return None if policy is None else json.loads(policy)


def _still(armed: Armed, gone: frozenset[str]) -> Iterator[str]:
    tag = _TAGS[armed.type]
    if tag in armed.tags:
        yield f"has the tag {tag}"
    if without_roles(armed.policy, gone) != armed.policy:
        yield "names a role that goes in its policy"


def _bucket(clients: Clients, name: str) -> Armed:
    tagged = ask_unless(clients, "s3", "GetBucketTagging", _NO_TAGS, Bucket=name)
    policy = ask_unless(clients, "s3", "GetBucketPolicy", _NO_POLICY, Bucket=name)
    return Armed(
        type="AWS::S3::Bucket",
        name=name,
        tags={tag["Key"]: tag["Value"] for tag in tagged["TagSet"]} if tagged else {},
        policy=str(policy["Policy"]) if policy else None,
    )


def _registry(clients: Clients, name: str) -> Armed:
    known = ask(clients, "ecr", "DescribeRepositories", repositoryNames=[name])["repositories"][0]
    arn = str(known["repositoryArn"])
    tags = ask(clients, "ecr", "ListTagsForResource", resourceArn=arn)["tags"]
    return Armed(
        type="AWS::ECR::Repository",
        name=name,
        arn=arn,
        tags={tag["Key"]: tag["Value"] for tag in tags},
    )


def _untag(clients: Clients, armed: Armed, tag: str) -> None:
    if armed.arn:
        ask(clients, "ecr", "UntagResource", resourceArn=armed.arn, tagKeys=[tag])
        return
    left = {key: value for key, value in armed.tags.items() if key != tag}
    _put_tags(clients, armed.name, left)


def _tag(clients: Clients, armed: Armed, tag: str, value: str) -> None:
    if armed.arn:
        ask(
            clients,
            "ecr",
            "TagResource",
            resourceArn=armed.arn,
            tags=[{"Key": tag, "Value": value}],
        )
        return
    _put_tags(clients, armed.name, {**armed.tags, tag: value})


def _put_tags(clients: Clients, bucket: str, tags: Mapping[str, str]) -> None:
    """Put all tags of a bucket, those of CloudFormation too: the call replaces the whole set."""
    if not tags:
        ask(clients, "s3", "DeleteBucketTagging", Bucket=bucket)
        return
    written = [{"Key": key, "Value": value} for key, value in tags.items()]
    ask(clients, "s3", "PutBucketTagging", Bucket=bucket, Tagging={"TagSet": written})


def _put_policy(clients: Clients, bucket: str, policy: str | None) -> None:
    if policy is None:
        ask(clients, "s3", "DeleteBucketPolicy", Bucket=bucket)
    else:
        ask(clients, "s3", "PutBucketPolicy", Bucket=bucket, Policy=policy)
