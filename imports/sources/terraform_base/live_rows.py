"""What stands in the account, as rows by type: one listing call per type, however many objects there are.

A row is what boto3 gives for an object. The catalogue knows the calls, and what of a row names the object.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from aws.client import Clients, ask
from aws.resources import ADOPTABLE, RESOURCES
from aws.resources.call import Answers, Row
from aws.resources.row import Resource
from common.errors import UserError

Rows: TypeAlias = Mapping[str, Sequence[Row]]

_BUCKET = "aws_s3_bucket"
# Every bucket has one, be it that nobody has ever switched it on.
_OF_EVERY_BUCKET = "aws_s3_bucket_versioning"
_CLUSTER = "aws_ecs_cluster"
_VPC = "aws_vpc"


def kind_of(type_: str) -> Resource:
    """Return the row of a type in the catalogue. Raises UserError for one that is not adopted."""
    if type_ not in ADOPTABLE:
        raise UserError(
            f"{type_} cannot be looked for in AWS: allowed: {', '.join(sorted(ADOPTABLE))}; leave the "
            "resource in the legacy state"
        )
    return RESOURCES[type_]


def id_of(type_: str, row: Row) -> str:
    """Return the import id of the object in a row."""
    return RESOURCES[type_].import_id_of(RESOURCES[type_].attributes_of(row))


def read_rows(
    clients: Clients, *, types: Iterable[str], buckets: Iterable[str], clusters: Iterable[str]
) -> Rows:
    """Return the rows that objects of `types` stand in; every type asked for is there.

    Clusters and what belongs to a bucket have no listing that tells enough, so they are asked for by name,
    one by one. Raises UserError when AWS refuses a call, or for a type that is not known.
    """
    # The network first: without it nothing of the rest would be told apart.
    wanted = {
        type_: kind_of(type_) for type_ in sorted(types, key=lambda each: (each != _VPC, each))
    }
    answers: Answers = {}
    rows: dict[str, Sequence[Row]] = {
        type_: resource.rows(clients, answers=answers)
        for type_, resource in wanted.items()
        if not type_.startswith(_BUCKET) and type_ != _CLUSTER
    }
    if _CLUSTER in wanted:
        rows[_CLUSTER] = [
            row for name in sorted(set(clusters)) for row in wanted[_CLUSTER].rows(clients, name)
        ]
    if any(type_.startswith(_BUCKET) for type_ in wanted):
        rows |= _buckets(clients, set(buckets), wanted)
    return rows


def _buckets(
    clients: Clients, names: set[str], wanted: Mapping[str, Resource]
) -> dict[str, Sequence[Row]]:
    ours = [
        {"BucketRegion": row.get("BucketRegion") or _location(clients, row["Name"]), **row}
        for row in RESOURCES[_BUCKET].rows(clients)
        if row["Name"] in names
    ]
    return {
        type_: [
            {**bucket, **part}
            for bucket in ours
            for part in (
                [{"Bucket": bucket["Name"]}]
                if type_ in {_BUCKET, _OF_EVERY_BUCKET}
                else resource.rows(clients, bucket["Name"])
            )
        ]
        for type_, resource in wanted.items()
        if type_.startswith(_BUCKET)
    }


def _location(clients: Clients, bucket: str) -> str:
    location = ask(clients, "s3", "GetBucketLocation", Bucket=bucket).get("LocationConstraint")
    # The oldest region has no name of its own here, the second one an old one.
    return {"": "us-east-1", "EU": "eu-west-1"}.get(location or "", str(location))
