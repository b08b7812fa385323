"""What stands in the account, as rows: one listing call per kind of object, however many there are.

A row is what boto3 gives for an object. What an object's import id is in its row, and when it is
as good as gone, is said here, once for discovery and preflight.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from aws.client import Clients, answers_without, ask, ask_all
from common.errors import UserError

Row: TypeAlias = Mapping[str, Any]
Rows: TypeAlias = Mapping[str, Sequence[Row]]

# Where the rows of what has none of its own in AWS are put.
ASSOCIATIONS: Final = "SubnetAssociations"
ATTACHMENTS: Final = "RolePolicyAttachments"
ACCESS_BLOCKS: Final = "PublicAccessBlocks"
ENCRYPTIONS: Final = "BucketEncryptions"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How a type of resource shows in AWS.

    `rows` is the list it stands in, `id` the member with its import id. `argument` and `name`
    are the Terraform argument and the member with its name, for what is found by name alone.
    `gone` says in which state an object is that is still listed but can no longer be adopted.
    """

    label: str
    rows: str
    id: str
    name: str = ""
    argument: str = "name"
    gone: Callable[[Row], str | None] = field(default=lambda _: None)

    @property
    def one(self) -> str:
        """The label with its article."""
        return f"{'an' if self.label[0] in 'aeiouAEIOU' else 'a'} {self.label}"


def _state(member: str, *ended: str) -> Callable[[Row], str | None]:
    return lambda row: row.get(member) if str(row.get(member)).lower() in ended else None


def _scheduled(row: Row) -> str | None:
    return f"scheduled for deletion on {row['DeletedDate']:%Y-%m-%d}" if _dated(row) else None


def _dated(row: Row) -> bool:
    return row.get("DeletedDate") is not None


KINDS: Final[Mapping[str, Kind]] = {
    "aws_vpc": Kind(label="VPC", rows="Vpcs", id="VpcId"),
    "aws_subnet": Kind(label="subnet", rows="Subnets", id="SubnetId"),
    "aws_internet_gateway": Kind(
        label="internet gateway", rows="InternetGateways", id="InternetGatewayId"
    ),
    "aws_security_group": Kind(label="security group", rows="SecurityGroups", id="GroupId"),
    "aws_nat_gateway": Kind(
        label="NAT gateway",
        rows="NatGateways",
        id="NatGatewayId",
        gone=_state("State", "deleting", "deleted", "failed"),
    ),
    "aws_eip": Kind(label="elastic IP address", rows="Addresses", id="AllocationId"),
    "aws_route_table": Kind(label="route table", rows="RouteTables", id="RouteTableId"),
    "aws_route_table_association": Kind(
        label="association of a subnet with a route table", rows=ASSOCIATIONS, id="ImportId"
    ),
    "aws_ecr_repository": Kind(
        label="repository", rows="repositories", id="repositoryName", name="repositoryName"
    ),
    "aws_s3_bucket": Kind(
        label="bucket", rows="Buckets", id="Name", name="Name", argument="bucket"
    ),
    "aws_s3_bucket_versioning": Kind(
        label="bucket", rows="Buckets", id="Name", name="Name", argument="bucket"
    ),
    "aws_s3_bucket_public_access_block": Kind(
        label="public access block of the bucket",
        rows=ACCESS_BLOCKS,
        id="Name",
        name="Name",
        argument="bucket",
    ),
    "aws_s3_bucket_server_side_encryption_configuration": Kind(
        label="encryption of the bucket",
        rows=ENCRYPTIONS,
        id="Name",
        name="Name",
        argument="bucket",
    ),
    "aws_iam_role": Kind(label="role", rows="RoleDetailList", id="RoleName", name="RoleName"),
    "aws_iam_policy": Kind(label="policy", rows="Policies", id="Arn", name="PolicyName"),
    "aws_iam_role_policy_attachment": Kind(
        label="attachment of a policy to a role", rows=ATTACHMENTS, id="ImportId"
    ),
    "aws_ecs_cluster": Kind(
        label="ECS cluster",
        rows="clusters",
        id="clusterName",
        name="clusterName",
        gone=_state("status", "inactive", "deprovisioning", "failed"),
    ),
    "aws_db_subnet_group": Kind(
        label="DB subnet group",
        rows="DBSubnetGroups",
        id="DBSubnetGroupName",
        name="DBSubnetGroupName",
    ),
    "aws_db_instance": Kind(
        label="DB instance",
        rows="DBInstances",
        id="DBInstanceIdentifier",
        name="DBInstanceIdentifier",
        argument="identifier",
        gone=_state("DBInstanceStatus", "deleting"),
    ),
    "aws_secretsmanager_secret": Kind(
        label="secret", rows="SecretList", id="ARN", name="Name", gone=_scheduled
    ),
}


def kind_of(type_: str) -> Kind:
    """Return how a type shows in AWS. Raises UserError for one that is not known."""
    kind = KINDS.get(type_)
    if kind is None:
        raise UserError(
            f"{type_} cannot be looked for in AWS: allowed: {', '.join(sorted(KINDS))}; leave the "
            "resource in the legacy state"
        )
    return kind


@dataclass(frozen=True, kw_only=True)
class _Listing:
    service: str
    operation: str
    results: tuple[str, ...]
    arguments: Mapping[str, Any] = field(default_factory=dict)


_ROLES_AND_POLICIES: Final = _Listing(
    service="iam",
    operation="GetAccountAuthorizationDetails",
    results=("RoleDetailList", "Policies"),
    arguments={"Filter": ["Role", "LocalManagedPolicy"]},
)

_LISTINGS: Final = (
    _Listing(service="ec2", operation="DescribeVpcs", results=("Vpcs",)),
    _Listing(service="ec2", operation="DescribeSubnets", results=("Subnets",)),
    _Listing(service="ec2", operation="DescribeInternetGateways", results=("InternetGateways",)),
    _Listing(service="ec2", operation="DescribeSecurityGroups", results=("SecurityGroups",)),
    _Listing(service="ec2", operation="DescribeNatGateways", results=("NatGateways",)),
    _Listing(service="ec2", operation="DescribeAddresses", results=("Addresses",)),
    _Listing(service="ec2", operation="DescribeRouteTables", results=("RouteTables",)),
    _Listing(service="ecr", operation="DescribeRepositories", results=("repositories",)),
    # Only a request with a page size is answered with each bucket's region.
    _Listing(
        service="s3",
        operation="ListBuckets",
        results=("Buckets",),
        arguments={"PaginationConfig": {"PageSize": 1000}},
    ),
    _ROLES_AND_POLICIES,
    _Listing(service="rds", operation="DescribeDBSubnetGroups", results=("DBSubnetGroups",)),
    _Listing(service="rds", operation="DescribeDBInstances", results=("DBInstances",)),
    _Listing(
        service="secretsmanager",
        operation="ListSecrets",
        results=("SecretList",),
        arguments={"IncludePlannedDeletion": True},
    ),
)

_MADE_FROM: Final = {
    ASSOCIATIONS: "RouteTables",
    ATTACHMENTS: "RoleDetailList",
    ACCESS_BLOCKS: "Buckets",
    ENCRYPTIONS: "Buckets",
}
_CLUSTERS_A_CALL: Final = 100


def read_rows(
    clients: Clients, *, types: Iterable[str], buckets: Iterable[str], clusters: Iterable[str]
) -> Rows:
    """Return the rows that objects of `types` stand in; every list asked for is there.

    Clusters and what belongs to a bucket have no listing that tells enough, so they are asked
    for by name: `clusters` a hundred a call, `buckets` one by one. Raises UserError when
    AWS refuses a call, or for a type that is not known.
    """
    wanted = {kind_of(type_).rows for type_ in types}
    needed = {_MADE_FROM.get(result, result) for result in wanted}
    rows: dict[str, Sequence[Row]] = {}
    for listing in _LISTINGS:
        if needed.intersection(listing.results):
            rows |= ask_all(
                clients, listing.service, listing.operation, listing.results, **listing.arguments
            )
    if "clusters" in wanted:
        rows["clusters"] = _clusters(clients, sorted(set(clusters)))
    if "Buckets" in needed:
        rows |= _buckets(clients, rows["Buckets"], names=set(buckets), wanted=wanted)
    if "RouteTables" in rows:
        rows[ASSOCIATIONS] = associations_in(rows["RouteTables"])
    if "RoleDetailList" in rows:
        rows[ATTACHMENTS] = attachments_in(rows["RoleDetailList"])
        # The embedded AWS leaves out the name, which is the last part of the ARN in any case.
        rows["Policies"] = [
            {"PolicyName": row["Arn"].rpartition("/")[2], **row} for row in rows["Policies"]
        ]
    return rows


def associations_in(tables: Iterable[Row]) -> list[Row]:
    """Return the associations of subnets which the route tables list and which are in force."""
    return [
        {**entry, "ImportId": f"{entry['SubnetId']}/{entry['RouteTableId']}"}
        for table in tables
        for entry in table.get("Associations", ())
        if entry.get("SubnetId")
        and entry.get("AssociationState", {}).get("State", "associated")
        in {"associated", "associating"}
    ]


def attachments_in(roles: Iterable[Row]) -> list[Row]:
    """Return the managed policies attached to each of the roles."""
    return [
        {
            "RoleName": role["RoleName"],
            "PolicyArn": policy["PolicyArn"],
            "ImportId": f"{role['RoleName']}/{policy['PolicyArn']}",
        }
        for role in roles
        for policy in role.get("AttachedManagedPolicies", ())
    ]


def _clusters(clients: Clients, names: list[str]) -> list[Row]:
    found: list[Row] = []
    for start in range(0, len(names), _CLUSTERS_A_CALL):
        batch = names[start : start + _CLUSTERS_A_CALL]
        found += ask(clients, "ecs", "DescribeClusters", clusters=batch)["clusters"]
    return found


def _buckets(
    clients: Clients, listed: Sequence[Row], *, names: set[str], wanted: set[str]
) -> dict[str, Sequence[Row]]:
    ours = [
        row if row.get("BucketRegion") else {**row, "BucketRegion": _location(clients, row["Name"])}
        for row in listed
        if row["Name"] in names
    ]
    found: dict[str, Sequence[Row]] = {"Buckets": ours}
    for result, operation, absent in (
        (ACCESS_BLOCKS, "GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration"),
        (ENCRYPTIONS, "GetBucketEncryption", "ServerSideEncryptionConfigurationNotFoundError"),
    ):
        if result in wanted:
            absences = frozenset({absent, "NoSuchBucket"})
            found[result] = [
                row
                for row in ours
                if answers_without(clients, "s3", operation, absences, Bucket=row["Name"])
            ]
    return found


def _location(clients: Clients, bucket: str) -> str:
    location = ask(clients, "s3", "GetBucketLocation", Bucket=bucket).get("LocationConstraint")
    # The oldest region has no name of its own here, the second one an old one.
    return {"": "us-east-1", "EU": "eu-west-1"}.get(location or "", str(location))
