"""The catalogue: what a row lacks, against what stages have and against botocore's models of the services."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, OperationModel, Shape, StructureShape

from aws.resources import RESOURCES
from aws.resources.call import Call
from aws.resources.row import ResourceType
from imports.sources.terraform_base.mapping import ADOPTED
from modules.settings.stateful import STATEFUL

SNAPSHOTS = Path(__file__).parents[1] / "snapshots"
STAGES = sorted(SNAPSHOTS.glob("*.addresses.txt"))
ROWS = [pytest.param(each, id=each.type) for each in RESOURCES.values()]
CALLS = [
    pytest.param(resource, call, id=f"{resource.type}-{call.operation}")
    for resource in RESOURCES.values()
    for call in (resource.listing, resource.named)
    if call
]
# Of these the members come from the calls of their `details`.
DESCRIBED_BY: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "aws_acm_certificate": (("acm", "DescribeCertificate", "Certificate"),),
    "aws_ecs_cluster": (("ecs", "DescribeClusters", "clusters"),),
    "aws_ecs_service": (("ecs", "DescribeServices", "services"),),
    "aws_iam_role_policy": (("iam", "GetRolePolicy", ""),),
    "aws_iam_role_policy_attachment": (("iam", "ListAttachedRolePolicies", "AttachedPolicies"),),
    "aws_kms_key": (("kms", "DescribeKey", "KeyMetadata"),),
    "aws_route_table_association": (("ec2", "DescribeRouteTables", "RouteTables.0.Associations"),),
}
# What `details` work out of an answer, and what is the row's own word.
WORKED_OUT = {
    "aws_acm_certificate": {"Tags"},
    "aws_backup_plan": {"Tags", "Selections", "Vaults"},
    "aws_ecs_service": {"cluster"},
    "aws_ecs_task_definition": {"arn", "family"},
    "aws_internet_gateway": {"VpcId"},
    "aws_kms_key": {"Tags", "Aliases"},
    "aws_service_discovery_private_dns_namespace": {"Vpc"},
    "aws_service_discovery_service": {"NamespaceId"},
    "aws_sqs_queue": {"arn", "name", "value"},
    "aws_vpc": {"InUse"},
}


def _lacks(type_: str) -> Iterator[str]:
    resource = RESOURCES.get(type_)
    if resource is None:
        yield "a row"
        return
    if resource.identity is not None and not resource.label:
        yield "a label"
    if resource.listing is None:
        yield "a listing"
    told = {name for name in resource.key if not name.startswith("tags.")}
    if isinstance(resource.import_id, str):
        told |= set(re.findall(r"\{(\w+)\}", resource.import_id))
    for name in sorted(told):
        if name.removesuffix("?") not in resource.attributes:
            yield f"the attribute {name}"
    if resource.can_be_double and not resource.removal:
        yield "a removal"
    if any(name.startswith("tags.") for name in resource.key) and not resource.tags:
        yield "tags"


def test_what_a_row_holds_data_in_is_guarded_in_an_extension_too() -> None:
    assert {each.type for each in RESOURCES.values() if each.holds_data} <= STATEFUL


@pytest.mark.parametrize("path", STAGES, ids=lambda path: path.name)
def test_no_type_of_a_stage_lacks_anything_in_its_row(path: Path) -> None:
    types = {
        line.partition(".")[0]
        for line in path.read_text().splitlines()
        if not line.startswith(("data.", "ephemeral."))
    }

    lacking = {type_: list(_lacks(type_)) for type_ in sorted(types) if any(_lacks(type_))}

    # A certificate's validation is no object: there is nothing to be listed.
    expected = {"aws_acm_certificate_validation": ["a listing", "the attribute certificate_arn"]}
    expected["aws_acm_certificate_validation"].append("the attribute id")
    assert lacking == {type_: lacks for type_, lacks in expected.items() if type_ in types}


def test_no_type_that_is_adopted_lacks_anything_in_its_row() -> None:
    types = {each.partition(".")[0] for each in ADOPTED}

    assert {type_: list(_lacks(type_)) for type_ in types} == {type_: [] for type_ in types}


def test_a_type_without_a_row_is_named() -> None:
    assert list(_lacks("aws_sfn_state_machine")) == ["a row"]


def _operation(service: str, operation: str) -> OperationModel:
    model = botocore.session.get_session().get_service_model(service)
    return model.operation_model(operation)


def _input(model: OperationModel) -> tuple[set[str], set[str]]:
    """The parameters that an operation takes, and those that it needs."""
    shape = model.input_shape
    return (set(shape.members), set(shape.required_members)) if shape else (set(), set())


def _at(shape: Shape | None, path: str) -> Shape | None:
    """What is at a dotted path; a list's items have no step of their own but a number."""
    for part in path.split(".") if path else ():
        if isinstance(shape, ListShape) and not part.isdecimal():
            shape = shape.member
        if isinstance(shape, StructureShape):
            shape = shape.members.get(part)
        elif not (isinstance(shape, ListShape) and part.isdecimal()):
            return None
        else:
            shape = shape.member
    return shape


@pytest.mark.parametrize(("_resource", "call"), CALLS)
def test_a_call_and_its_parameters_and_its_result_are_the_services(
    _resource: ResourceType, call: Call
) -> None:
    model = _operation(call.service, call.operation)

    taken, required = _input(model)
    # boto3 takes the one for the other, for all of EC2.
    taken |= {"Filters"} if "Filter" in taken else set()
    assert required <= set(call.parameters) <= taken
    # What a topic's attributes are is the API's word, not the model's.
    assert _at(model.output_shape, call.result.removesuffix(".Policy")) is not None


def _members(resource: ResourceType) -> set[str]:
    paths = {path for path in resource.attributes.values() if isinstance(path, str)}
    paths |= {resource.status, resource.tags, resource.in_use, resource.deleted_on}
    return paths - {""}


@pytest.mark.parametrize("resource", ROWS)
def test_every_member_is_one_that_the_service_tells(resource: ResourceType) -> None:
    places = [
        *(
            (call.service, call.operation, call.result)
            for call in (resource.listing, resource.named)
            if call
        ),
        *DESCRIBED_BY.get(resource.type, ()),
    ]
    asked = {
        name for call in (resource.listing, resource.named) if call for name in call.parameters
    }
    unknown = {
        path
        for path in _members(resource)
        if not any(
            _at(_operation(*where).output_shape, f"{result}.{path}".lstrip("."))
            for *where, result in places
        )
    }

    assert unknown - asked - WORKED_OUT.get(resource.type, set()) == set()


REMOVED = [each for each in RESOURCES.values() if each.removal]


@pytest.mark.parametrize("resource", REMOVED, ids=lambda each: each.type)
def test_a_removal_and_its_parameters_are_the_services(resource: ResourceType) -> None:
    assert resource.removal is not None
    model = _operation(resource.removal.service, resource.removal.operation)

    taken, required = _input(model)
    assert required <= set(resource.removal.parameters) <= taken


@pytest.mark.parametrize("resource", REMOVED, ids=lambda each: each.type)
def test_the_command_that_deletes_an_object_ends_with_its_id(resource: ResourceType) -> None:
    assert resource.removal is not None
    id_ = "plan-1|id-1" if resource.type == "aws_backup_selection" else "id-1"

    assert re.fullmatch(
        r"aws [a-z0-9]+ [a-z-]+( --[a-z-]+ [a-z0-9-]+)* --[a-z-]+ id-1",
        resource.removal.command(id_),
    )


@pytest.mark.parametrize("resource", ROWS)
def test_what_a_create_overwrites_is_read_before_refused_by_its_name_or_cannot_be_there(
    resource: ResourceType,
) -> None:
    ways = [bool(resource.document), resource.refuses_double, bool(resource.unread)]

    if resource.overwrites:
        assert sum(ways) == 1
    else:
        assert not resource.document
        assert not resource.unread


@pytest.mark.parametrize(
    "resource", [each for each in RESOURCES.values() if each.document], ids=lambda each: each.type
)
def test_a_document_is_found_by_what_a_plan_says(resource: ResourceType) -> None:
    assert resource.listing is not None
    assert [part for part in resource.key if part.startswith("tags.") or "?" in part] == []
    assert resource.key_in(dict.fromkeys(resource.key, "known")) is not None
    assert resource.key_in(dict.fromkeys(resource.key)) is None


def test_a_create_of_a_part_is_a_put() -> None:
    parts = {each.type for each in RESOURCES.values() if each.is_part and not each.overwrites}

    assert parts == {"aws_acm_certificate_validation"}


def test_what_holds_data_is_never_deleted_here() -> None:
    deleted = [
        each.type
        for each in REMOVED
        if each.holds_data and each.removal and not each.removal.by_hand
    ]

    assert deleted == []


@pytest.mark.parametrize(
    ("type_", "row", "live"),
    [
        (
            "aws_wafv2_web_acl",
            {"Id": "1", "Name": "dev", "ARN": "arn:acl", "Scope": "REGIONAL"},
            (("REGIONAL", "dev"), "1/dev/REGIONAL"),
        ),
        (
            "aws_vpc_security_group_egress_rule",
            {"GroupId": "sg-1", "SecurityGroupRuleId": "sgr-1", "IpProtocol": "-1", "FromPort": -1},
            (("sg-1", "-1", "", "", "", ""), "sgr-1"),
        ),
        (
            "aws_ecs_service",
            {"cluster": "arn:aws:ecs:x:1:cluster/dev", "serviceName": "app", "serviceArn": "arn:s"},
            (("arn:aws:ecs:x:1:cluster/dev", "app"), "dev/app"),
        ),
        (
            "aws_route53_record",
            {"HostedZoneId": "Z1", "Name": "app.example.com.", "Type": "A"},
            (("Z1", "app.example.com", "A"), "Z1_app.example.com_A"),
        ),
    ],
)
def test_a_key_and_an_import_id_are_made_of_what_aws_tells(
    type_: str, row: Mapping[str, Any], live: tuple[tuple[str, ...], str]
) -> None:
    found = RESOURCES[type_].live(row)

    assert (found.key, found.import_id) == live
