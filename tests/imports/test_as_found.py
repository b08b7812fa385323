"""What stays as its owner has set it: found, left out of the stack, described as recorded."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from aws.client import Clients
from common.errors import UserError
from imports.as_found import leave_out, refuse_unknown, set_by_somebody
from imports.bind import bind
from modules.settings.stage_files import parse_stage
from modules.settings.stage_settings import StageSettings
from terraform.stack import Stack
from tests.imports.records import a_record, an_object

POLICY = "aws_s3_bucket_policy.data"
BUCKET = "live-data"
READERS = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}]}
STACK: Mapping[str, Any] = {
    "resource": {
        "aws_s3_bucket": {"data": {"bucket": BUCKET}},
        "aws_s3_bucket_policy": {
            "data": {"bucket": "${aws_s3_bucket.data.id}", "policy": "${jsonencode({})}"}
        },
        "aws_s3_bucket_public_access_block": {
            "data": {
                "bucket": "${aws_s3_bucket.data.id}",
                "block_public_acls": True,
                "depends_on": [POLICY, "aws_s3_bucket.data"],
            }
        },
        "aws_db_instance": {
            "main": {
                "parameter_group_name": "${aws_db_parameter_group.main.name}",
                "storage_type": "gp3",
            }
        },
    }
}
OBSERVED = {
    "aws_s3_bucket.data": {"bucket": BUCKET},
    "aws_db_instance.main": {"parameter_group_name": "theirs", "storage_type": "gp2"},
}
IDS = {"aws_s3_bucket.data": BUCKET, "aws_db_instance.main": "db"}


def stack() -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(STACK))
    return copy


def stage(**settings: Any) -> StageSettings:
    found, errors = parse_stage({"phase": "foundation", **settings}, stage="live")
    assert errors == []
    return found


def found_by_somebody(clients: Clients) -> list[str]:
    return list(set_by_somebody(Stack(document=stack()), OBSERVED, IDS, clients))


def test_a_document_in_aws_and_a_choice_of_the_owners_are_found(clients: Clients) -> None:
    clients("s3").create_bucket(Bucket=BUCKET)
    assert found_by_somebody(clients) == ["aws_db_instance.main.parameter_group_name"]

    clients("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(READERS))

    assert found_by_somebody(clients) == [POLICY, "aws_db_instance.main.parameter_group_name"]


def test_a_document_that_says_what_the_stage_says_is_no_choice(clients: Clients) -> None:
    clients("s3").create_bucket(Bucket=BUCKET)
    block = {"BlockPublicAcls": True}
    clients("s3").put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=block)
    document = stack()
    block = document["resource"]["aws_s3_bucket_public_access_block"]["data"]
    block |= dict.fromkeys(
        ("block_public_policy", "ignore_public_acls", "restrict_public_buckets"), False
    )

    found = set_by_somebody(Stack(document=document), OBSERVED, IDS, clients)

    assert "aws_s3_bucket_public_access_block.data" not in list(found)


def test_a_document_that_is_kept_is_no_longer_the_stages_and_never_destroyed() -> None:
    document = stack()

    leave_out(document, {POLICY, "aws_db_instance.main.parameter_group_name"})

    assert "aws_s3_bucket_policy" not in document["resource"]
    (block,) = document["resource"]["aws_s3_bucket_public_access_block"].values()
    assert block["depends_on"] == ["aws_s3_bucket.data"]
    assert document["removed"] == [{"from": POLICY, "lifecycle": {"destroy": False}}]


def test_a_document_that_something_is_made_of_cannot_be_left_out() -> None:
    document = stack()
    document["resource"]["aws_sns_topic"] = {"a": {"name": "${aws_s3_bucket_policy.data.id}"}}

    with pytest.raises(
        UserError, match=r"names aws_s3_bucket_policy\.data, which aws_sns_topic\.a"
    ):
        leave_out(document, {POLICY})


@pytest.mark.parametrize(
    ("kept", "group"),
    [
        (frozenset({"aws_db_instance.main.parameter_group_name"}), "theirs"),
        (frozenset[str](), "${aws_db_parameter_group.main.name}"),
    ],
)
def test_an_attribute_that_is_kept_is_as_the_record_has_it(
    kept: frozenset[str], group: str
) -> None:
    item = an_object("aws_db_instance.main", "db", parameter_group_name="theirs")

    bound = bind(stack(), a_record(item), phase="full", kept=kept)

    assert bound["resource"]["aws_db_instance"]["main"]["parameter_group_name"] == group
    assert bound["resource"]["aws_db_instance"]["main"]["storage_type"] == "gp3"


def test_a_stage_without_a_record_keeps_documents_too() -> None:
    bound = bind(stack(), None, phase="full", kept={POLICY})

    assert "aws_s3_bucket_policy" not in bound["resource"]
    assert "import" not in bound


@pytest.mark.parametrize(
    ("field", "address"),
    [
        ("allow_overwrite", "aws_s3_bucket_policy.data"),
        ("allow_overwrite", "aws_db_instance.main"),
        ("keep_as_found", "aws_s3_bucket_policy.data"),
        ("keep_as_found", "aws_ecr_repository.app.image_tag_mutability"),
    ],
)
def test_what_somebody_can_have_set_may_be_named(field: str, address: str) -> None:
    refuse_unknown(stage(**{field: [address]}))


@pytest.mark.parametrize(
    ("field", "address"),
    [
        ("allow_overwrite", "aws_s3_bucket.data"),
        ("allow_overwrite", "aws_s3_bucket_policy"),
        ("allow_overwrite", "aws_db_instance.main.storage_type"),
        ("keep_as_found", "aws_s3_bucket.data"),
        ("keep_as_found", "aws_db_instance.main"),
        ("keep_as_found", "aws_db_instance.main.engine"),
        ("keep_as_found", "aws_s3_bucket_policy.data.policy"),
        ("keep_as_found", ""),
    ],
)
def test_what_nobody_can_have_set_is_refused_with_what_can(field: str, address: str) -> None:
    with pytest.raises(UserError) as refused:
        refuse_unknown(stage(**{field: [address]}))

    said = str(refused.value)
    assert said.startswith(
        f'live.toml: {field} = "{address}": must be an address that the gate has'
    )
    assert "aws_s3_bucket_policy" in said
