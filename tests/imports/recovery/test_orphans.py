"""What is listed in a VPC that a killed deploy left behind, and what is never deleted."""

import pytest

from aws.client import Clients
from imports.recovery import orphans
from imports.recovery.matching import Orphan

TAGS = {"Stage": "dev"}
KEY = Orphan(type="aws_kms_key", import_id="key-1", address="aws_kms_key.main")


def _vpc(clients: Clients) -> Orphan:
    created = clients("ec2").create_vpc(CidrBlock="10.0.0.0/16")
    return Orphan(type="aws_vpc", import_id=created["Vpc"]["VpcId"], address="aws_vpc.main")


def _tag(clients: Clients, id_: str) -> None:
    tags = [{"Key": key, "Value": value} for key, value in TAGS.items()]
    clients("ec2").create_tags(Resources=[id_], Tags=tags)


def _listed(clients: Clients, vpc: Orphan) -> list[str]:
    found = orphans.with_contents(clients, [vpc], default_tags=TAGS, kept=frozenset())
    return [each.import_id for each in found]


def test_what_has_the_stages_tags_in_the_vpc_goes_before_it(clients: Clients) -> None:
    vpc = _vpc(clients)
    group = clients("ec2").create_security_group(
        GroupName="dev-app-sg", Description="Tasks of app", VpcId=vpc.import_id
    )["GroupId"]
    _tag(clients, group)

    assert _listed(clients, vpc) == [group, vpc.import_id]


def test_the_default_security_group_goes_with_its_vpc(clients: Clients) -> None:
    vpc = _vpc(clients)
    in_it = [{"Name": "vpc-id", "Values": [vpc.import_id]}]
    (default,) = clients("ec2").describe_security_groups(Filters=in_it)["SecurityGroups"]
    _tag(clients, default["GroupId"])

    assert _listed(clients, vpc) == [vpc.import_id]


def test_a_key_is_never_deleted(clients: Clients) -> None:
    key = clients("kms").create_key()["KeyMetadata"]["KeyId"]
    orphan = Orphan(type="aws_kms_key", import_id=key, address="aws_kms_key.main")

    orphans.delete(clients, [orphan], progress=lambda _text: None)

    assert clients("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"


def test_whoever_deletes_a_key_by_hand_is_told_what_is_lost_with_it() -> None:
    assert orphans.advice(KEY) == (
        "what it has encrypted is lost with it: when nothing needs it, "
        "aws kms schedule-key-deletion --key-id key-1"
    )


def test_a_selection_is_deleted_within_its_plan() -> None:
    selection = Orphan(
        type="aws_backup_selection",
        import_id="plan-1|selection-1",
        address="aws_backup_selection.main",
    )

    assert orphans.command(selection) == (
        "aws backup delete-backup-selection --backup-plan-id plan-1 --selection-id selection-1"
    )


@pytest.mark.parametrize(
    "orphan", [KEY, Orphan(type="aws_vpc", import_id="v", address="a", in_use=True)]
)
def test_a_key_and_what_is_in_use_are_left_to_a_person(orphan: Orphan) -> None:
    assert orphans.is_left_to_a_person(orphan)
