"""How is found what belongs to a VPC, and to no other."""

from aws.client import Clients
from aws.resources import RESOURCES


def _vpc(clients: Clients) -> str:
    return str(clients("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])


def _flow_log(clients: Clients, vpc: str) -> str:
    bucket = f"logs-of-{vpc}"
    clients("s3").create_bucket(Bucket=bucket)
    tags = [{"Key": "Name", "Value": "dev-flow-log"}]
    (made,) = clients("ec2").create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination=f"arn:aws:s3:::{bucket}",
        TagSpecifications=[{"ResourceType": "vpc-flow-log", "Tags": tags}],
    )["FlowLogIds"]
    return str(made)


def test_the_default_security_group_is_that_of_the_vpc_whatever_its_tags(clients: Clients) -> None:
    ours, _other = _vpc(clients), _vpc(clients)
    clients("ec2").create_security_group(GroupName="dev-app", Description="-", VpcId=ours)
    in_it = [
        {"Name": "vpc-id", "Values": [ours]},
        {"Name": "group-name", "Values": ["default"]},
    ]
    (default,) = clients("ec2").describe_security_groups(Filters=in_it)["SecurityGroups"]

    (found,) = RESOURCES["aws_default_security_group"].listed(clients, ours)

    assert (found.key, found.import_id, found.tags) == ((ours,), default["GroupId"], None)


def test_a_flow_log_is_found_by_its_vpc_and_its_name(clients: Clients) -> None:
    ours, other = _vpc(clients), _vpc(clients)
    log, _another = _flow_log(clients, ours), _flow_log(clients, other)

    (found,) = RESOURCES["aws_flow_log"].listed(clients, ours)

    assert (found.key, found.import_id) == ((ours, "dev-flow-log"), log)
