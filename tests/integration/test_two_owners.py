"""The database in a CDK stack, other things in the base: both are adopted into one stage, and let go.

The tests follow on one another, in the order of the file.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from local.emulator import running_emulator
from local.legacy import BASE, legacy_base
from local.owners_stack import PlayedStack, fill, issued_certificate, make_owners_stack
from tests.integration.story import STAGE, Story

pytestmark = [pytest.mark.integration, pytest.mark.nightly]

_BLOCK = re.compile(r"^(?:resource|output) .*?^\}\n", re.DOTALL | re.MULTILINE)
# The stack has the database, and of the registries there can be only one of a name in an account.
_STACK_S = ("aws_db_instance", "aws_ecr_repository")


@dataclass(frozen=True, kw_only=True)
class Both:
    """A base without a database, and a stack with one, in one account."""

    story: Story
    stack: PlayedStack
    options: tuple[str, ...]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("both")
    (folder / "stages").mkdir()
    source = folder / "source"
    source.mkdir()
    for path in BASE.iterdir():
        (source / path.name).write_text(_BLOCK.sub(_without_the_stack_s, path.read_text()))
    with running_emulator() as emulator:
        legacy = legacy_base(folder / "legacy", emulator, environment=os.environ, source=source)
        legacy.checked("apply", "-auto-approve", "-input=false", "-no-color")
        stack = make_owners_stack(emulator, "older")
        fill(emulator)
        story = Story(emulator=emulator, legacy=legacy, folder=folder)
        yield Both(
            story=story, stack=stack, options=(*story.from_legacy, "--cloudformation", "AwsStack")
        )


def _without_the_stack_s(block: re.Match[str]) -> str:
    return "" if any(type_ in block[0] for type_ in _STACK_S) else block[0]


def test_what_both_have_is_told_by_name_and_nothing_is_written(both: Both) -> None:
    answer = both.story.imports("inventory", *both.options, "--json")

    said = json.loads(answer.text)
    assert answer.code == 2, answer.errors
    assert said["record"] is None
    assert not both.story.record_path.exists()
    parts = {re.match(r"both have (\S+), ", line)[1] for line in said["against"]}  # type: ignore[index]
    # Whose the network is, the database decides.
    assert {"aws_s3_bucket.data", "aws_secretsmanager_secret.openai_api_key"} <= parts
    assert "network" not in parts


def test_one_record_has_both_and_each_object_once(both: Both) -> None:
    answer = both.story.imports("inventory", *both.options, "--prefer", "base", "--json")

    assert answer.code == 0, answer.text + answer.errors
    adopted = {item.address: item.source for item in both.story.record.adopted}
    assert adopted["aws_db_instance.main"] == adopted["aws_vpc.main"] == "stack"
    assert adopted["aws_ecr_repository.app"] == "stack"
    assert adopted["aws_s3_bucket.data"] == "base"
    assert adopted["aws_secretsmanager_secret.openai_api_key"] == "base"
    assert adopted["aws_iam_role.ecs_task_execution_role"] == "base"
    decided = {each["legacy_address"]: each for each in json.loads(answer.text)["decisions"]}
    assert decided["aws_vpc.main"]["verdict"] == "not covered"
    assert decided["random_password.db_master_password"]["verdict"] == "not covered"
    rows = {row.logical_id: row for row in both.story.record.stack.rows}  # type: ignore[union-attr]
    (bucket,) = [row for row in rows.values() if row.type == "AWS::S3::Bucket"]
    assert bucket.verdict == "not covered"


def test_an_inventory_of_one_owner_alone_would_lose_the_other(both: Both) -> None:
    before = both.story.record_path.read_bytes()

    of_stack = both.story.imports("inventory", "--stage", STAGE, "--cloudformation", "AwsStack")
    of_base = both.story.imports("inventory", *both.story.from_legacy)

    assert (of_stack.code, of_base.code) == (1, 1)
    assert "was made from a legacy base too, and would lose its objects" in of_stack.errors
    assert "was made from the CloudFormation stack AwsStack too" in of_base.errors
    assert both.story.record_path.read_bytes() == before


def test_both_are_adopted_and_nothing_in_aws_is_touched(both: Both) -> None:
    both.story.emulator.count_from_now()

    answer = both.story.imports("adopt", "--stage", STAGE, "--json")

    assert answer.code == 0, answer.text + answer.errors
    assert both.story.emulator.mutating_calls() == {}
    assert json.loads(answer.text)["held"] == len(both.story.record.adopted)
    assert _holders(both) == {"both"}


def test_the_platform_comes_on_top(both: Both) -> None:
    path = both.story.stages / f"{STAGE}.toml"
    more = (
        'phase = "full"\noperator_email = "ops@example.com"\n'
        f'certificate_arn = "{issued_certificate(both.story.emulator)}"\n'
    )
    text = path.read_text().replace('phase = "adopt"\n', more)
    path.write_text(text.replace("[database]\n", "[database]\nlogin_roles = false\n"))

    answer = both.story.imports("adopt", "--stage", STAGE, "--json")

    assert answer.code == 0, answer.text + answer.errors
    findings = json.loads(answer.text)["verdict"]["findings"]
    assert not [each for each in findings if "destroy" in each["why"] or "replace" in each["why"]]


def test_each_owner_lets_go_by_itself_and_keeps_what_is_not_covered(both: Both) -> None:
    left = _vpcs_buckets_and_images(both.story)

    base = both.story.imports("retire", *both.story.from_legacy, "--acknowledge", "--json")
    between = _holders(both)
    stack = both.story.imports(
        "retire", "--stage", STAGE, "--cloudformation", "AwsStack", "--yes", "--json"
    )

    assert base.code == 0, base.text + base.errors
    assert {"aws_vpc.main", "random_password.db_master_password"} <= set(
        json.loads(base.text)["stays"]
    )
    assert between == {"both", "here"}
    assert stack.code == 0, stack.text + stack.errors
    assert json.loads(stack.text)["against"] == []
    assert _holders(both) == {"here"}
    assert both.stack.described()["StackStatus"] == "DELETE_COMPLETE"
    assert _vpcs_buckets_and_images(both.story) == left
    gate = both.story.imports("gate", "--stage", STAGE, "--json")
    assert gate.code == 0, gate.text + gate.errors
    kinds = {finding["kind"] for finding in json.loads(gate.text)["verdict"]["findings"]}
    assert kinds == {"clean"}


def _holders(both: Both) -> set[str]:
    owners: list[dict[str, Any]] = json.loads(
        both.story.imports("status", *both.options, "--json").text
    )
    assert not [each["mismatch"] for each in owners if each["mismatch"]]
    return {each["holder"] for each in owners}


def _vpcs_buckets_and_images(story: Story) -> dict[str, Any]:
    ec2, s3, ecr = (story.emulator.client(each) for each in ("ec2", "s3", "ecr"))
    return {
        "vpcs": sorted(each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"]),
        "objects": {
            each["Name"]: s3.list_objects_v2(Bucket=each["Name"])["KeyCount"]
            for each in s3.list_buckets()["Buckets"]
            if "data" in each["Name"]
        },
        "images": {
            each["repositoryName"]: len(
                ecr.list_images(repositoryName=each["repositoryName"])["imageIds"]
            )
            for each in ecr.describe_repositories()["repositories"]
        },
    }
