"""What exists in the account, by type: one listing call per type, however many objects there are.

Adoption, its record's check and recovery look here. The catalogue knows the calls, and what names an object.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from aws.client import Clients, ask
from aws.resources import ADOPTABLE, RESOURCES
from aws.resources.call import Answers, Row
from aws.resources.row import Live, ResourceType
from common.errors import UserError

Existing: TypeAlias = Mapping[str, Sequence[Live]]

BUCKET: Final = "aws_s3_bucket"
"""What belongs to a bucket begins with it too."""
# Every bucket has one, be it that nobody has ever switched it on.
_OF_EVERY_BUCKET: Final = "aws_s3_bucket_versioning"
CLUSTER: Final = "aws_ecs_cluster"
_BY_CLUSTER: Final = frozenset({CLUSTER, "aws_ecs_cluster_capacity_providers"})
_VPC: Final = "aws_vpc"


def kind_of(type_: str) -> ResourceType:
    """Return the row of a type in the catalogue. Raises UserError for one that is not adopted."""
    if type_ not in ADOPTABLE:
        raise UserError(
            f"{type_} cannot be looked for in AWS: allowed: {', '.join(sorted(ADOPTABLE))}; leave the "
            "resource in the legacy state"
        )
    return RESOURCES[type_]


def read_existing(
    clients: Clients, *, types: Iterable[str], buckets: Iterable[str], clusters: Iterable[str]
) -> Existing:
    """Return the objects of `types`, also those that are as good as gone; every type asked for is there.

    Clusters and what belongs to a bucket have no listing that tells enough, so they are asked for by name,
    one by one. Raises UserError when AWS refuses a call, or for a type that is not known.
    """
    # The network first: without it nothing of the rest would be told apart.
    wanted = {
        type_: kind_of(type_) for type_ in sorted(types, key=lambda each: (each != _VPC, each))
    }
    answers: Answers = {}
    found: dict[str, Sequence[Live]] = {}
    for type_, resource in wanted.items():
        if type_ in _BY_CLUSTER:
            rows = [row for name in sorted(set(clusters)) for row in resource.rows(clients, name)]
        elif type_.startswith(BUCKET):
            continue
        else:
            owners = [None] if resource.owners is None else resource.owners(clients)
            rows = [row for owner in owners for row in resource.rows(clients, owner, answers)]
        found[type_] = [resource.live(row) for row in rows]
    if any(type_.startswith(BUCKET) for type_ in wanted):
        found |= _buckets(clients, set(buckets), wanted)
    return found


def _buckets(
    clients: Clients, names: set[str], wanted: Mapping[str, ResourceType]
) -> dict[str, Sequence[Live]]:
    regions = {
        row["Name"]: row.get("BucketRegion") or _location(clients, row["Name"])
        for row in RESOURCES[BUCKET].rows(clients)
        if row["Name"] in names
    }

    def parts(type_: str, resource: ResourceType, bucket: str) -> Sequence[Row]:
        if type_ in {BUCKET, _OF_EVERY_BUCKET}:
            return [{"Name": bucket, "Bucket": bucket}]
        return resource.rows(clients, bucket)

    return {
        type_: [
            replace(live, attributes={**live.attributes, "region": region})
            for bucket, region in regions.items()
            for live in map(resource.live, parts(type_, resource, bucket))
        ]
        for type_, resource in wanted.items()
        if type_.startswith(BUCKET)
    }


def _location(clients: Clients, bucket: str) -> str:
    location = ask(clients, "s3", "GetBucketLocation", Bucket=bucket).get("LocationConstraint")
    # The oldest region has no name of its own here, the second one an old one.
    return {"": "us-east-1", "EU": "eu-west-1"}.get(location or "", str(location))
