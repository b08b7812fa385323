"""Which hosted zone the doctor looks for the domain in."""

import pytest

from aws.client import Clients
from ops.deployed import Deployed
from ops.doctor.edge import hosted_zone
from terraform.workspace import Workspace
from tests.stages import stage_settings


@pytest.fixture
def deployed(clients: Clients) -> Deployed:
    return Deployed(
        workspace=Workspace(stage="dev", environ={}),
        settings=stage_settings("dev"),
        clients=clients,
    )


def add_zone(deployed: Deployed, name: str, *, private: bool) -> str:
    """The id of a new hosted zone."""
    vpc = deployed.clients("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    answer = deployed.clients("route53").create_hosted_zone(
        Name=name,
        CallerReference=f"{name}-{private}",
        HostedZoneConfig={"PrivateZone": private, "Comment": ""},
        **({"VPC": {"VPCRegion": "us-east-1", "VPCId": vpc}} if private else {}),
    )
    return str(answer["HostedZone"]["Id"])


def test_a_private_zone_of_the_same_name_is_passed_over(deployed: Deployed) -> None:
    add_zone(deployed, "example.com", private=True)

    assert hosted_zone(deployed, "example.com") is None

    public = add_zone(deployed, "example.com", private=False)

    assert hosted_zone(deployed, "example.com") == public


def test_another_zone_that_is_listed_after_it_is_passed_over(deployed: Deployed) -> None:
    add_zone(deployed, "example.net", private=False)

    assert hosted_zone(deployed, "example.com") is None
