"""A stage in a VPC that is somebody else's, with the images of another region's registries.

The tests go on one from the other, in the file's order.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.cdktf import Cdktf
from local.emulator import PROJECT, running_emulator
from modules.settings.services import SERVICES
from tests.answer import Answer
from tests.contract import json_keys
from tests.integration.conftest import write_stage
from tests.integration.recovery import RecoverableStage

pytestmark = [pytest.mark.integration, pytest.mark.nightly]

HOME, IMAGES = "eu-central-1", "us-east-1"
STACK = "atomic-lodged"
REGISTRY = f"123456789012.dkr.ecr.{IMAGES}.amazonaws.com/shared"
STAGE = """
region = "eu-central-1"
account_id = "123456789012"
domain_name = "app.example.com"
operator_email = "ops@example.com"
retain_data = false
database = {{ login_roles = false, multi_az = false }}
images = {{ registry = "{registry}" }}

[network]
vpc_id = "{vpc}"
public_subnet_ids = {public}
private_subnet_ids = {private}
"""


class Owner:
    """The VPC and its owner's view of it."""

    def __init__(self, stage: RecoverableStage) -> None:
        self.stage = stage
        self.ec2 = self.client("ec2")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(VpcId=self.vpc, InternetGatewayId=gateway)
        self.public = self._subnets(0, {"GatewayId": gateway})
        address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        nat = self.ec2.create_nat_gateway(SubnetId=self.public[0], AllocationId=address)
        way = {"NatGatewayId": nat["NatGateway"]["NatGatewayId"]}
        self.private = self._subnets(2, way)

    def client(self, service: str, region: str = HOME) -> Any:
        """A boto3 client of a region."""
        return self.stage.emulator.client(f"{service}@{region}")

    def _subnets(self, first: int, way: dict[str, str]) -> list[str]:
        table = self.ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        self.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **way)
        made = []
        for index, zone in enumerate(("a", "b"), start=first):
            subnet = self.ec2.create_subnet(
                VpcId=self.vpc, CidrBlock=f"10.9.{index}.0/24", AvailabilityZone=f"{HOME}{zone}"
            )["Subnet"]["SubnetId"]
            self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
            made.append(subnet)
        return made

    def turn_on_hostnames(self) -> None:
        self.ec2.modify_vpc_attribute(VpcId=self.vpc, EnableDnsHostnames={"Value": True})

    def looks(self) -> dict[str, Any]:
        """All that is the owner's, as AWS tells it."""
        within = [{"Name": "vpc-id", "Values": [self.vpc]}]
        subnets = self.ec2.describe_subnets(Filters=within)["Subnets"]
        return {
            "vpc": self.ec2.describe_vpcs(VpcIds=[self.vpc])["Vpcs"],
            "subnets": [
                {key: value for key, value in each.items() if key != "AvailableIpAddressCount"}
                for each in subnets
            ],
            "tables": self.ec2.describe_route_tables(Filters=within)["RouteTables"],
            "nat": self.ec2.describe_nat_gateways(Filters=within)["NatGateways"],
            "endpoints": self.ec2.describe_vpc_endpoints(Filters=within)["VpcEndpoints"],
            "logs": self.ec2.describe_flow_logs()["FlowLogs"],
            "default group": [
                each
                for each in self.ec2.describe_security_groups(Filters=within)["SecurityGroups"]
                if each["GroupName"] == "default"
            ],
        }

    def ops_vpc(self, *arguments: str) -> Answer:
        finished = subprocess.run(
            [sys.executable, "-m", "ops", "vpc", *arguments],
            cwd=PROJECT,
            env=self.stage.cdktf.process_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        json_keys.check("ops", ("vpc", *arguments), finished.stdout)
        return Answer(code=finished.returncode, text=finished.stdout, errors=finished.stderr)


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Owner]:
    folder = tmp_path_factory.mktemp("lodged")
    with running_emulator() as emulator:
        environment = {
            **emulator.environment,
            "AWS_REGION": HOME,
            "AWS_DEFAULT_REGION": HOME,
            "ATOMIC_STAGES_DIR": str(folder / "stages"),
        }
        cdktf = Cdktf(folder=folder, environment=environment)
        yield Owner(RecoverableStage(name="lodged", cdktf=cdktf, emulator=emulator))


@pytest.fixture(scope="module")
def before(owner: Owner) -> dict[str, Any]:
    """What the owner has before the stage comes."""
    owner.turn_on_hostnames()
    ecr = owner.client("ecr", IMAGES)
    for row in SERVICES:
        if row.has_own_image:
            ecr.create_repository(repositoryName=f"shared-{row.registry}")
    return owner.looks()


def test_what_a_vpc_lacks_is_said_before_a_file_names_it(owner: Owner) -> None:
    answer = owner.ops_vpc(owner.vpc, "--region", HOME, "--json")

    assert answer.code == 2, answer.errors
    (lacking,) = json.loads(answer.text)["lacks"]
    assert "enableDnsHostnames is off" in lacking


@pytest.mark.usefixtures("before")
def test_a_whole_one_is_told_with_the_lines_to_paste(owner: Owner) -> None:
    answer = owner.ops_vpc(owner.vpc, "--region", HOME)

    assert answer.code == 0, answer.text + answer.errors
    assert f'vpc_id = "{owner.vpc}"' in answer.text
    for name, ids in (("public", owner.public), ("private", owner.private)):
        assert f'{name}_subnet_ids = ["{ids[0]}", "{ids[1]}"]' in answer.text


def test_a_vpc_that_does_not_exist_is_one_line(owner: Owner) -> None:
    answer = owner.ops_vpc("vpc-00000000000000000", "--region", HOME)

    assert (answer.code, answer.text) == (1, "")
    assert "there is no VPC vpc-00000000000000000" in answer.errors
    assert answer.errors.count("\n") == 1


@pytest.mark.usefixtures("before")
def test_the_stage_is_deployed_into_it(owner: Owner) -> None:
    text = STAGE.format(
        registry=REGISTRY,
        vpc=owner.vpc,
        public=json.dumps(owner.public),
        private=json.dumps(owner.private),
    )
    stages = Path(owner.stage.cdktf.environment["ATOMIC_STAGES_DIR"])
    write_stage(stages, "lodged", text)

    owner.stage.cdktf.run("deploy", STACK, "--auto-approve")

    (balancer,) = owner.client("elbv2").describe_load_balancers()["LoadBalancers"]
    assert balancer["VpcId"] == owner.vpc
    assert {each["SubnetId"] for each in balancer["AvailabilityZones"]} == set(owner.public)
    ecs = owner.client("ecs")
    (app,) = ecs.describe_services(cluster=f"{STACK}-ecs-cluster", services=[f"{STACK}-app"])[
        "services"
    ]
    network = app["networkConfiguration"]["awsvpcConfiguration"]
    assert set(network["subnets"]) == set(owner.private)


def test_nothing_of_the_owners_has_changed(owner: Owner, before: dict[str, Any]) -> None:
    assert owner.looks() == before
    assert "no changes are needed" in owner.stage.cdktf.run("diff", STACK)


def test_its_images_come_from_the_other_regions_registries(owner: Owner) -> None:
    assert owner.client("ecr").describe_repositories()["repositories"] == []
    definition = owner.client("ecs").describe_task_definition(taskDefinition=f"{STACK}-app")
    images = {
        each["name"]: each["image"] for each in definition["taskDefinition"]["containerDefinitions"]
    }
    assert images["app"] == f"{REGISTRY}-app:latest"


def test_the_commands_look_for_images_there_and_push_none(owner: Owner) -> None:
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "layers": []})
    owner.client("ecr", IMAGES).put_image(
        repositoryName="shared-app",
        imageManifest=manifest,
        imageManifestMediaType=kind,
        imageTag="latest",
    )

    told = json.loads(owner.stage.ops("images status", "--json").text)
    pushed = owner.stage.ops("images push app", "--tag", "1")

    assert {each["service"] for each in told if each["in_registry"]} == {"app"}
    assert pushed.code == 1
    assert f"takes its images from {REGISTRY}" in pushed.errors


def test_doctor_looks_at_the_vpc_again(owner: Owner) -> None:
    def finding() -> dict[str, Any]:
        told = json.loads(owner.stage.ops("doctor", "--json").text)["findings"]
        (found,) = [each for each in told if each["name"] == "network"]
        return dict(found)

    assert finding()["state"] == "fine"
    owner.ec2.modify_vpc_attribute(VpcId=owner.vpc, EnableDnsHostnames={"Value": False})
    assert finding()["state"] == "attention"
    owner.turn_on_hostnames()


def test_a_destroy_leaves_the_owner_everything(owner: Owner, before: dict[str, Any]) -> None:
    owner.stage.cdktf.run("destroy", STACK, "--auto-approve")

    assert owner.looks() == before
    within = [{"Name": "vpc-id", "Values": [owner.vpc]}]
    groups = owner.ec2.describe_security_groups(Filters=within)["SecurityGroups"]
    assert [each["GroupName"] for each in groups] == ["default"]
