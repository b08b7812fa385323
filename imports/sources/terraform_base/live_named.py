"""How objects with a name of their own are found: by it, and by nothing else."""

from collections.abc import Mapping
from typing import Final

from aws.resources import ADOPTABLE, RESOURCES
from aws.resources.call import Row
from common.errors import shorten
from imports.sources.terraform_base.live_rows import id_of
from imports.sources.terraform_base.live_search import Attributes, Rule, Search, only
from imports.sources.terraform_base.planned import ConfiguredObject


def _by_name(search: Search, wanted: ConfiguredObject) -> Attributes:
    kind = RESOURCES[wanted.type]
    name = search.text(wanted, kind.key[0])
    namesakes = [
        row for row in search.rows[wanted.type] if kind.attributes_of(row)[kind.key[0]] == name
    ]
    reachable = [row for row in namesakes if _in_the_way(search, wanted, row) is None]
    reasons = "; ".join(
        f"{id_of(wanted.type, row)} is {reason}"
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
    return kind.attributes_of(row)


def _in_the_way(search: Search, wanted: ConfiguredObject, row: Row) -> str | None:
    region = row.get("BucketRegion")
    if region is not None and region != search.region:
        return f"in {region}, not in {search.region}"
    return RESOURCES[wanted.type].gone(row)


_REMEDIES: Final = {
    "aws_secretsmanager_secret": (
        "bring it back with `aws secretsmanager restore-secret --secret-id ARN`, or take it out "
        "of the legacy configuration"
    ),
    "aws_s3_bucket": "set the region of the legacy configuration to the bucket's",
}


def _attachment(search: Search, wanted: ConfiguredObject) -> Attributes:
    role, policy = search.text(wanted, "role"), search.text(wanted, "policy_arn")
    of_role = [row for row in search.rows[wanted.type] if row["RoleName"] == role]
    attached = [row["PolicyArn"] for row in of_role]
    only(
        wanted.type,
        [row for row in of_role if row["PolicyArn"] == policy],
        f"the policy {policy} attached to the role {role}",
        hint=f"the role has {', '.join(sorted(attached))}" if attached else "",
    )
    return {"role": role, "policy_arn": policy}


NAMED_RULES: Final[Mapping[str, Rule]] = {
    **{
        type_: _by_name
        for type_ in sorted(ADOPTABLE)
        if len(RESOURCES[type_].key) == 1 and not RESOURCES[type_].key[0].startswith("tags.")
    },
    "aws_iam_role_policy_attachment": _attachment,
}
