"""How each type is named when it is imported; the examples are those of a base that was really applied."""

import re
from typing import Any

import pytest

from aws.resources import import_id
from common.errors import UserError
from imports.sources.terraform_base.mapping import ADOPTED
from tests.imports.records import legacy_state

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:atomic-hasura-jwt-secret-uqmOvL"
EXECUTION = "atomic-ecs-task-execution-role"
BUCKET = "atomic-data-bucket-123456789012-us-east-1"

# legacy address, import id, and the attributes that the id is made of
EXAMPLES = [
    ("aws_vpc.main", "vpc-aceb75506d4ba7a7f", ("id",)),
    ("aws_subnet.public[1]", "subnet-aa006286c622fe83a", ("id",)),
    ("aws_internet_gateway.gw", "igw-e392bfabf87d23daf", ("id",)),
    ("aws_eip.nat[0]", "eipalloc-c432c9aa0401b4aae", ("allocation_id",)),
    ("aws_nat_gateway.nat[0]", "nat-842aa872430c0a5b0", ("id",)),
    ("aws_route_table.private[0]", "rtb-bf267940d21d810d0", ("id",)),
    (
        "aws_route_table_association.private[0]",
        "subnet-c042fdd929ca87207/rtb-bf267940d21d810d0",
        ("subnet_id", "route_table_id"),
    ),
    ("aws_security_group.rds", "sg-9a8df212bf6c57688", ("id",)),
    ("aws_ecr_repository.optaplanner", "atomic-optaplanner", ("name",)),
    ("aws_s3_bucket.data_bucket", BUCKET, ("bucket",)),
    ("aws_s3_bucket_versioning.data_bucket_versioning", BUCKET, ("bucket",)),
    ("aws_s3_bucket_public_access_block.data_bucket_public_access_block", BUCKET, ("bucket",)),
    (
        "aws_s3_bucket_server_side_encryption_configuration.data_bucket_sse_config",
        BUCKET,
        ("bucket",),
    ),
    ("aws_iam_role.ecs_task_execution_role", EXECUTION, ("name",)),
    (
        "aws_iam_policy.ecs_application_task_policy",
        "arn:aws:iam::123456789012:policy/atomic-ecs-application-task-policy",
        ("arn",),
    ),
    (
        "aws_iam_role_policy_attachment.ecs_task_execution_role_policy",
        f"{EXECUTION}/arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
        ("role", "policy_arn"),
    ),
    ("aws_ecs_cluster.main", "atomic-ecs-cluster", ("name",)),
    ("aws_db_subnet_group.default", "atomic-db-subnet-group", ("name",)),
    ("aws_db_instance.main", "atomic-rds-postgres", ("identifier",)),
    ("aws_secretsmanager_secret.hasura_jwt_secret", SECRET, ("arn",)),
]
TYPES = [address.partition(".")[0] for address, _, _ in EXAMPLES]
PARTS = [(address, part) for address, _, parts in EXAMPLES for part in parts]


def attributes_of(legacy_address: str) -> dict[str, Any]:
    (found,) = (item for item in legacy_state().objects if item.address == legacy_address)
    return dict(found.attributes)


def refusal(type_: str, attributes: dict[str, Any]) -> str:
    with pytest.raises(UserError) as caught:
        import_id(type_, attributes)
    return str(caught.value)


@pytest.mark.jsii
@pytest.mark.parametrize(("legacy_address", "expected", "_parts"), EXAMPLES, ids=TYPES)
def test_each_type_is_named_in_its_own_way(
    legacy_address: str, expected: str, _parts: tuple[str, ...]
) -> None:
    type_ = legacy_address.partition(".")[0]

    assert import_id(type_, attributes_of(legacy_address)) == expected


@pytest.mark.jsii
def test_every_adopted_type_has_an_example() -> None:
    assert sorted(TYPES) == sorted({address.partition(".")[0] for address in ADOPTED})


@pytest.mark.parametrize(
    "legacy_address",
    [
        "aws_db_instance.main",
        "aws_route_table_association.public[0]",
        "aws_iam_role_policy_attachment.ecs_application_task_role_custom_policy",
        "aws_ecs_cluster.main",
    ],
)
def test_the_id_in_the_state_is_not_used_where_it_is_another(legacy_address: str) -> None:
    attributes = attributes_of(legacy_address)

    assert import_id(legacy_address.partition(".")[0], attributes) != attributes["id"]


@pytest.mark.parametrize(
    "type_",
    [
        "aws_sfn_state_machine",
        "aws_secretsmanager_secret_version",
        "random_password",
        "",
        "aws_vpc ",
    ],
)
def test_an_unknown_type_is_an_error_though_it_has_an_id(type_: str) -> None:
    message = refusal(type_, {"id": "something"})

    assert message.startswith(f"no import id is known for the type {type_.strip()}")
    assert "aws_vpc" in message


@pytest.mark.parametrize(("legacy_address", "part"), PARTS)
def test_an_attribute_that_is_missing_is_an_error_that_names_it(
    legacy_address: str, part: str
) -> None:
    attributes = attributes_of(legacy_address)
    del attributes[part]

    assert f"without the attribute {part} has no import id" in refusal(
        legacy_address.partition(".")[0], attributes
    )


@pytest.mark.parametrize("nothing", [None, "", 0, 7, [], ["vpc-1"], {}, True])
@pytest.mark.parametrize(("legacy_address", "part"), PARTS)
def test_an_attribute_without_a_text_in_it_is_an_error(
    legacy_address: str, part: str, nothing: object
) -> None:
    attributes = {**attributes_of(legacy_address), part: nothing}

    assert "with an empty id cannot be imported" in refusal(
        legacy_address.partition(".")[0], attributes
    )


def test_every_adopted_object_of_the_base_has_an_id_of_its_own() -> None:
    ids = [
        (item.type, import_id(item.type, item.attributes))
        for item in legacy_state().objects
        if f"{item.type}.{item.name}" in ADOPTED
    ]

    assert len(ids) == len(set(ids)) == 46
    assert not [name for _, name in ids if re.search(r"None|\s", name)]
