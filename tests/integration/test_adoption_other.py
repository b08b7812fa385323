"""A base of other values: prefix, block, three zones, no NAT, state in S3, and things of its user's own."""

import json
import os
import shutil
from collections.abc import Iterator

import pytest

from local.emulator import running_emulator
from local.legacy import BASE, legacy_base
from terraform.pulled_state import pulled_document
from tests.integration.story import STAGE, Story

pytestmark = [pytest.mark.integration, pytest.mark.nightly]

VARIABLES = {
    "stack_name_prefix": "acme",
    "vpc_cidr_block": "10.42.0.0/16",
    "num_availability_zones": 3,
    "enable_nat_gateway": False,
    "db_instance_class": "db.t3.small",
    "db_allocated_storage": 30,
    "db_backup_retention_period": 7,
    "db_name": "acmedb",
}
EXTRAS = """
terraform {
  backend "s3" {
    bucket                      = "acme-legacy-state"
    key                         = "base.tfstate"
    region                      = "us-east-1"
    use_path_style              = true
    skip_credentials_validation = true
    skip_requesting_account_id  = true
    use_lockfile                = true
  }
}

resource "aws_sqs_queue" "jobs" {
  name = "acme-jobs"
}

resource "aws_s3_bucket" "reports" {
  bucket = "acme-reports"
}

module "topics" {
  source = "./topics"
}
"""
MODULE = """
resource "aws_sns_topic" "events" {
  name = "acme-events"
}
"""
OWN = ["aws_s3_bucket.reports", "aws_sqs_queue.jobs", "module.topics.aws_sns_topic.events"]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The base, applied; since then somebody has tagged the VPC by hand."""
    folder = tmp_path_factory.mktemp("other")
    source = folder / "source"
    shutil.copytree(BASE, source)
    (source / "terraform.tfvars.json").write_text(json.dumps(VARIABLES))
    (source / "extras.tf").write_text(EXTRAS)
    (source / "topics").mkdir()
    (source / "topics" / "main.tf").write_text(MODULE)
    (folder / "stages").mkdir()
    with running_emulator() as emulator:
        emulator.client("s3").create_bucket(Bucket="acme-legacy-state")
        legacy = legacy_base(folder / "legacy", emulator, environment=os.environ, source=source)
        legacy.checked("apply", "-auto-approve", "-input=false", "-no-color")
        ec2 = emulator.client("ec2")
        (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.42.0.0/16"]}])["Vpcs"]
        ec2.create_tags(Resources=[vpc["VpcId"]], Tags=[{"Key": "Owner", "Value": "somebody"}])
        yield Story(emulator=emulator, legacy=legacy, folder=folder)


def test_the_users_own_resources_are_listed_and_left_alone(story: Story) -> None:
    answer = story.imports("inventory", *story.from_legacy, "--json")

    assert answer.code == 0, answer.errors
    decisions = json.loads(answer.text)["decisions"]
    verdicts = [decision["verdict"] for decision in decisions]
    assert verdicts.count("adopt") == 41
    assert verdicts.count("release") == 11
    assert [d["legacy_address"] for d in decisions if d["verdict"] == "not covered"] == OWN


def test_what_changed_in_aws_since_is_reported_as_drift(story: Story) -> None:
    answer = story.imports("inventory", *story.from_legacy, "--json")

    (row,) = json.loads(answer.text)["drift"]
    assert (row["legacy_address"], row["attribute"]) == ("aws_vpc.main", "tags")
    assert "somebody" in row["aws"]
    assert "somebody" not in row["state"]


def test_the_stage_file_reproduces_the_settings_of_the_base(story: Story) -> None:
    text = (story.stages / f"{STAGE}.toml").read_text()

    for line in (
        'phase = "adopt"',
        'prefix = "acme"',
        'vpc_cidr_block = "10.42.0.0/16"',
        "zone_count = 3",
        'nat = "none"',
        'instance_class = "db.t3.small"',
        "allocated_storage_gib = 30",
        "backup_retention_days = 7",
        'name = "acmedb"',
    ):
        assert line in text.splitlines()


def test_an_adoption_that_was_killed_is_finished_by_the_same_command(story: Story) -> None:
    story.emulator.count_from_now()
    killed = [
        story.killed_imports("adopt", "--stage", STAGE, after_step="applying", seconds=seconds)
        for seconds in (0.0, 1.0, 1.6)
    ]

    assert killed[0]
    answer = story.imports("adopt", "--stage", STAGE, "--json")

    assert answer.code == 0, answer.text + answer.errors
    assert json.loads(answer.text)["held"] == 41
    assert len(story.held()) == 41
    assert story.emulator.mutating_calls() == {}


def test_retire_asks_about_the_users_own_resources(story: Story) -> None:
    before = pulled_document(story.legacy)

    answer = story.imports("retire", *story.from_legacy)

    assert answer.code == 1
    (line,) = [line for line in answer.errors.splitlines() if line.startswith("error: ")]
    assert all(address in line for address in OWN)
    assert pulled_document(story.legacy) == before


def test_retire_leaves_only_these_in_the_legacy_state(story: Story) -> None:
    assert story.killed_imports(
        "retire", *story.from_legacy, "--acknowledge", after_step="removing", seconds=0.2
    )

    answer = story.imports("retire", *story.from_legacy, "--acknowledge", "--json")

    assert answer.code == 0, answer.errors
    assert json.loads(answer.text)["stays"] == OWN
    left = story.legacy.checked("state", "list").split()
    assert sorted(address for address in left if not address.startswith("data.")) == sorted(OWN)


def test_everything_adopted_is_owned_here_alone_afterwards(story: Story) -> None:
    assert _holders(story) == {"here"}


def test_a_rollback_that_was_killed_is_finished_by_the_same_command(story: Story) -> None:
    for after_step, seconds, is_sure in (
        ("reading", 0.5, True),
        ("putting", 0.0, True),
        ("putting", 0.4, False),  # the one before may have done it
        ("taking", 0.0, True),
        ("taking", 0.3, False),
    ):
        killed = story.killed_imports(
            "rollback", *story.from_legacy, after_step=after_step, seconds=seconds
        )
        assert killed or not is_sure, after_step
        assert "nobody" not in _holders(story)

    answer = story.imports("rollback", *story.from_legacy)

    assert answer.code == 0, answer.errors
    assert _holders(story) == {"legacy"}


def _holders(story: Story) -> set[str]:
    answer = story.imports("status", *story.from_legacy, "--json")
    return {owner["holder"] for owner in json.loads(answer.text)}
