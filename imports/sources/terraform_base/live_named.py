"""How objects with a name of their own are found: by it, and by nothing else."""

from collections.abc import Mapping
from typing import Any, Final

from common.errors import shorten
from imports.sources.terraform_base.live_rows import ATTACHMENTS, KINDS, Row
from imports.sources.terraform_base.live_search import Attributes, Rule, Search, only
from imports.sources.terraform_base.planned import ConfiguredObject

# For each type, which members its attributes are; what others refer to has to be among them.
NAMED_ATTRIBUTES: Final[Mapping[str, Mapping[str, str]]] = {
    "aws_ecr_repository": {
        "id": "repositoryName",
        "name": "repositoryName",
        "arn": "repositoryArn",
        "repository_url": "repositoryUri",
    },
    "aws_s3_bucket": {"id": "Name", "bucket": "Name"},
    "aws_s3_bucket_versioning": {"id": "Name", "bucket": "Name"},
    "aws_s3_bucket_public_access_block": {"id": "Name", "bucket": "Name"},
    "aws_s3_bucket_server_side_encryption_configuration": {"id": "Name", "bucket": "Name"},
    "aws_iam_role": {"id": "RoleName", "name": "RoleName", "arn": "Arn"},
    "aws_iam_policy": {"id": "Arn", "name": "PolicyName", "arn": "Arn"},
    "aws_ecs_cluster": {"id": "clusterArn", "name": "clusterName", "arn": "clusterArn"},
    "aws_db_subnet_group": {
        "id": "DBSubnetGroupName",
        "name": "DBSubnetGroupName",
        "arn": "DBSubnetGroupArn",
    },
    "aws_db_instance": {
        "id": "DbiResourceId",
        "identifier": "DBInstanceIdentifier",
        "arn": "DBInstanceArn",
    },
    "aws_secretsmanager_secret": {"id": "ARN", "name": "Name", "arn": "ARN"},
}


def _by_name(search: Search, wanted: ConfiguredObject) -> Attributes:
    kind = KINDS[wanted.type]
    name = search.text(wanted, kind.argument)
    namesakes = [row for row in search.rows[kind.rows] if row[kind.name] == name]
    reachable = [row for row in namesakes if _in_the_way(search, wanted, row) is None]
    reasons = "; ".join(
        f"{row[kind.id]} is {reason}"
        for row in namesakes
        if (reason := _in_the_way(search, wanted, row)) is not None
    )
    row = only(
        wanted.type,
        reachable,
        f"{kind.one} named {shorten(name)}",
        hint=f"only one that cannot be adopted: {reasons}" if reasons else "",
        remedy=_REMEDIES.get(wanted.type, "") if reasons else "",
    )
    return _attributes(wanted.type, row)


def _attributes(type_: str, row: Row) -> dict[str, Any]:
    members = NAMED_ATTRIBUTES[type_].items()
    return {attribute: row[member] for attribute, member in members if member in row}


def _in_the_way(search: Search, wanted: ConfiguredObject, row: Row) -> str | None:
    region = row.get("BucketRegion")
    if region is not None and region != search.region:
        return f"in {region}, not in {search.region}"
    return KINDS[wanted.type].gone(row)


_REMEDIES: Final = {
    "aws_secretsmanager_secret": (
        "bring it back with `aws secretsmanager restore-secret --secret-id ARN`, or take it out "
        "of the legacy configuration"
    ),
    "aws_s3_bucket": "set the region of the legacy configuration to the bucket's",
}


def _attachment(search: Search, wanted: ConfiguredObject) -> Attributes:
    role, policy = search.text(wanted, "role"), search.text(wanted, "policy_arn")
    attached = [row["PolicyArn"] for row in search.rows[ATTACHMENTS] if row["RoleName"] == role]
    only(
        wanted.type,
        [row for row in search.rows[ATTACHMENTS] if row["ImportId"] == f"{role}/{policy}"],
        f"the policy {policy} attached to the role {role}",
        hint=f"the role has {', '.join(sorted(attached))}" if attached else "",
    )
    return {"role": role, "policy_arn": policy}


NAMED_RULES: Final[Mapping[str, Rule]] = {
    **dict.fromkeys(NAMED_ATTRIBUTES, _by_name),
    "aws_iam_role_policy_attachment": _attachment,
}
