"""Which hosted zone the doctor and a recovery look for the domain in."""

from aws.client import Clients
from aws.resources.route53 import public_zone


def add_zone(clients: Clients, name: str, *, private: bool) -> str:
    """The id of a new hosted zone."""
    vpc = clients("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    answer = clients("route53").create_hosted_zone(
        Name=name,
        CallerReference=f"{name}-{private}",
        HostedZoneConfig={"PrivateZone": private, "Comment": ""},
        **({"VPC": {"VPCRegion": "us-east-1", "VPCId": vpc}} if private else {}),
    )
    return str(answer["HostedZone"]["Id"]).rpartition("/")[2]


def test_a_private_zone_of_the_same_name_is_passed_over(clients: Clients) -> None:
    add_zone(clients, "example.com", private=True)

    assert public_zone(clients, "example.com") is None

    public = add_zone(clients, "example.com", private=False)

    assert public_zone(clients, "example.com") == public


def test_another_zone_that_is_listed_after_it_is_passed_over(clients: Clients) -> None:
    add_zone(clients, "example.net", private=False)

    assert public_zone(clients, "example.com") is None
