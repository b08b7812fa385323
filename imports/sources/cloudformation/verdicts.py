"""What becomes of each row of an owner's stack. Pure: the stack and the roles in, one verdict a row out.

A row is imported where the platform has an address for it, left where only the old stack needs it, disarmed
where CloudFormation's deletion of it would destroy data, and otherwise not covered: kept, and never touched.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from aws.resources import RESOURCES
from imports.sources.cloudformation.fate import Fate
from imports.sources.cloudformation.old_stack import LEFT, OF_A_SERVICE, left_rows
from imports.sources.cloudformation.owners_stack import OwnersRow, OwnersStack
from imports.sources.cloudformation.references import referred
from imports.sources.cloudformation.roles import Roles


@dataclass(frozen=True, kw_only=True)
class RowVerdict:
    """What becomes of one row. `import_id` is empty where only AWS can tell it."""

    logical_id: str
    type: str
    verdict: Fate
    address: str = ""
    import_id: str = ""
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Physical:
    """What AWS calls the objects: the physical ids by logical id, and what they do not tell.

    `allocations` are the ids of elastic IPs by address: CloudFormation knows them by the address alone.
    """

    ids: Mapping[str, str]
    allocations: Mapping[str, str]


_ImportId = Callable[[OwnersRow, Physical], str]


def _as_it_is(row: OwnersRow, physical: Physical) -> str:
    return physical.ids.get(row.logical_id, "")


def _association(row: OwnersRow, physical: Physical) -> str:
    return _joined(row, physical, "/", "SubnetId", "RouteTableId")


def _joined(row: OwnersRow, physical: Physical, separator: str, *properties: str) -> str:
    ids = [
        physical.ids.get(logical_id, "")
        for name in properties
        for logical_id in referred(row.properties.get(name))[:1]
    ]
    return separator.join(ids) if ids and all(ids) else ""


def _address_id(row: OwnersRow, physical: Physical) -> str:
    return physical.allocations.get(_as_it_is(row, physical), "")


def _service_id(row: OwnersRow, physical: Physical) -> str:
    arn = _as_it_is(row, physical)
    return "/".join(arn.split("/")[-2:]) if arn else ""


def _scaled_id(row: OwnersRow, physical: Physical) -> str:
    resource, _, rest = _as_it_is(row, physical).partition("|")
    dimension, _, namespace = rest.partition("|")
    return f"{namespace}/{resource}/{dimension}" if namespace else ""


# What an import id is made of, where it is not the physical id.
_IDS: Final[Mapping[str, _ImportId]] = {
    "AWS::EC2::EIP": _address_id,
    "AWS::EC2::SubnetRouteTableAssociation": _association,
    "AWS::ECS::Service": _service_id,
    "AWS::ApplicationAutoScaling::ScalableTarget": _scaled_id,
}
# What the platform has once, by the name that it has there; others are named by their role.
_NAMES: Final[Mapping[str, str]] = {
    "AWS::S3::Bucket": "data",
    "AWS::EFS::FileSystem": "lancedb",
    "AWS::EFS::AccessPoint": "lancedb",
    "AWS::SNS::Topic": "alarms",
    "AWS::SNS::Subscription": "operator",
}

OF_STACK: Final = frozenset(
    {each.type for each in RESOURCES.values() if each.cloudformation}
    | {"aws_vpc_security_group_ingress_rule"}
)
"""The types that rows are imported as."""

# What is a part of another object in Terraform: its row in the old stack is kept with that one.
_PARTS: Final[Mapping[str, tuple[str, str]]] = {
    "AWS::EC2::Route": ("aws_route_table", "a route of the table"),
    "AWS::EC2::VPCGatewayAttachment": ("aws_internet_gateway", "where the gateway is attached"),
    # It names the role that empties the bucket: when that is gone, AWS would not take it back.
    "AWS::S3::BucketPolicy": (
        "aws_s3_bucket",
        "the platform's takes its place, or keep_as_found names it",
    ),
}

_DISARMED: Final[Mapping[str, str]] = {
    "Custom::S3AutoDeleteObjects": "its deletion empties the bucket",
    "Custom::ECRAutoDeleteImages": "its deletion empties the registry",
    "Custom::VpcRestrictDefaultSG": "its deletion opens the VPC's default security group",
    "AWS::SecretsManager::SecretTargetAttachment": "its deletion takes host and port out of the secret",
}

_NOTHING_LIKE_IT: Final = "the platform has nothing of this type"
_NOBODYS: Final = "nothing tells that only the old stack needs it"
# Groups whose rules the platform holds in the group itself.
_RULES_INSIDE: Final = ("database_from_", "file_storage_from_")
_INGRESS: Final = "AWS::EC2::SecurityGroupIngress"


def verdicts(
    stack: OwnersStack, roles: Roles, *, addresses: frozenset[str], physical: Physical
) -> list[RowVerdict]:
    """Return one verdict for each row, and one more for each further address of it.

    `addresses` are those that the stage has: a row is imported to one of them or not at all.
    """
    left = left_rows(stack, roles, disarmed=_DISARMED)
    found = [
        verdict
        for row in stack.rows.values()
        for verdict in _verdicts(row, roles, left, addresses, physical)
    ]
    return _with_what_it_needs(stack, found)


def leave(
    stack: OwnersStack, found: Sequence[RowVerdict], why: Mapping[str, str]
) -> list[RowVerdict]:
    """Return the verdicts with what was to come to these addresses not covered, each for its reason."""
    after = [
        replace(each, verdict="not covered", address="", import_id="", why=why[each.address])
        if each.address in why
        else each
        for each in found
    ]
    # Of a row with several addresses one line is left.
    return _with_what_it_needs(stack, list(dict.fromkeys(after)))


def with_conditions(
    stack: OwnersStack,
    found: Sequence[RowVerdict],
    conditions: Mapping[str, tuple[str, bool | None]],
) -> list[RowVerdict]:
    """Return the verdicts on a template's rows with what its conditions say of each.

    `found` has none for the rows whose condition does not hold: nothing is made of them.
    """
    after = []
    for row in stack.rows.values():
        condition, holds = conditions[row.logical_id]
        if holds is False:
            why = f"not made: by the parameters' defaults its condition {condition} does not hold"
            after.append(_without(row, "not covered", why))
            continue
        said = "" if holds else f"only where its condition {condition} holds"
        after += [
            replace(each, why="; ".join(filter(None, (each.why, said))))
            for each in found
            if each.logical_id == row.logical_id
        ]
    return after


def _with_what_it_needs(stack: OwnersStack, found: Sequence[RowVerdict]) -> list[RowVerdict]:
    by_verdict = {
        verdict: {each.logical_id for each in found if each.verdict == verdict}
        for verdict in ("not covered", "import")
    }
    needed = _needed(stack, by_verdict["not covered"], by_verdict["import"])
    return [
        replace(each, verdict="not covered", why=f"{needed[each.logical_id]} needs it")
        if each.verdict == "leave to CloudFormation" and each.logical_id in needed
        else each
        for each in found
    ]


def _needed(stack: OwnersStack, kept: set[str], imported: set[str]) -> dict[str, str]:
    """Return what kept rows need, and what needs it: an object whose role is gone cannot run.

    What is imported needs the platform's from then on.
    """
    needed: dict[str, str] = {}
    waiting = sorted(kept)
    while waiting:
        name = waiting.pop()
        row = stack.rows[name]
        about = [
            other.logical_id
            for other in stack.rows.values()
            if row.type == "AWS::IAM::Role"
            and other.type == "AWS::IAM::Policy"
            and name in referred(other.properties.get("Roles"))
        ]
        for other in [*referred(row.definition), *about]:
            if other in stack.rows.keys() - needed.keys() - kept - imported:
                needed[other] = name
                waiting.append(other)
    return needed


def _verdicts(
    row: OwnersRow,
    roles: Roles,
    left: frozenset[str],
    addresses: frozenset[str],
    physical: Physical,
) -> list[RowVerdict]:
    role = roles.of.get(row.logical_id)
    if row.type in _DISARMED:
        return [_without(row, "disarm", _DISARMED[row.type])]
    if row.logical_id in left:
        return [_without(row, "leave to CloudFormation", LEFT[row.type])]
    if role is None:
        return [_without(row, "not covered", _why_uncovered(row, roles))]
    if row.type in _PARTS:
        type_, why = _PARTS[row.type]
        name = "data" if type_ == "aws_s3_bucket" else role
        return [_to(row, f"{type_}.{name}", addresses, why=why)]
    if row.type == _INGRESS:
        return [_rule(row, role, addresses, physical)]
    return _whole(row, role, addresses, physical)


def _whole(
    row: OwnersRow, role: str, addresses: frozenset[str], physical: Physical
) -> list[RowVerdict]:
    types = [each.type for each in RESOURCES.values() if each.cloudformation == row.type]
    if not types:
        return [_without(row, "not covered", _NOTHING_LIKE_IT)]
    name = _NAMES.get(row.type, role.replace("-", "_"))
    import_id = _IDS.get(row.type, _as_it_is)(row, physical)
    found = [_to(row, f"{type_}.{name}", addresses, import_id=import_id) for type_ in types]
    # Of a bucket the stage may lack a part that the owner's has; the bucket itself it has or has not.
    return [each for each in found if each.verdict == "import"] or found[:1]


def _rule(row: OwnersRow, role: str, addresses: frozenset[str], physical: Physical) -> RowVerdict:
    if role.startswith(_RULES_INSIDE):
        group = role.partition("_from_")[0]
        return _to(row, f"aws_security_group.{group}", addresses, why="a rule of the group")
    name = role.replace("-", "_")
    return _to(
        row,
        f"aws_vpc_security_group_ingress_rule.{name}",
        addresses,
        import_id=_as_it_is(row, physical),
    )


def _to(
    row: OwnersRow, address: str, addresses: frozenset[str], *, import_id: str = "", why: str = ""
) -> RowVerdict:
    if address not in addresses:
        return _without(row, "not covered", f"the stage has no {address}")
    return RowVerdict(
        logical_id=row.logical_id,
        type=row.type,
        verdict="import",
        address=address,
        import_id=import_id,
        why=why,
    )


def _without(row: OwnersRow, verdict: Fate, why: str) -> RowVerdict:
    return RowVerdict(logical_id=row.logical_id, type=row.type, verdict=verdict, why=why)


def _why_uncovered(row: OwnersRow, roles: Roles) -> str:
    if row.type in LEFT and row.type not in OF_A_SERVICE:
        return _NOBODYS
    if row.logical_id in roles.ambiguous:
        return "another row could be the same thing: neither is touched"
    imported = {each.cloudformation for each in RESOURCES.values()}
    if row.type in {*imported, *_PARTS, *OF_A_SERVICE, _INGRESS}:
        return "nothing tells which part of the platform it is"
    return _NOTHING_LIKE_IT
