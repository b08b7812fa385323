"""The edge of a stage outside us-east-1: CloudFront comes before it, closes it, is recovered, and goes.

The tests go on one from the other, in the file's order.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.cdktf import Cdktf
from local.emulator import running_emulator
from tests.integration.conftest import write_stage
from tests.integration.recovery import RecoverableStage

pytestmark = [pytest.mark.integration, pytest.mark.nightly]

HOME, GLOBAL = "eu-central-1", "us-east-1"
STACK = "atomic-edge"
STAGE = """
region = "eu-central-1"
domain_name = "app.example.com"
operator_email = "ops@example.com"
retain_data = false
network.nat = "single"
database = { login_roles = false, multi_az = false }
dns = { mode = "route53", hosted_zone_name = "example.com" }
security.web_firewall = true
"""
OPEN = "[cdn]\n"
CLOSED = """
[cdn]
load_balancer = "cloudfront"

[domains]
redirect = ["www.example.com"]
serve = ["app.example.net"]
hosted_zone_names = ["example.net"]

[images]
shared_with = ["210987654321"]
"""
NAMES = ["app.example.com", "app.example.net", "www.example.com"]


class Edge:
    """The stage, and what AWS tells of its edge."""

    def __init__(self, stage: RecoverableStage, stages: Path) -> None:
        self.stage, self._stages = stage, stages

    def deploy(self, more: str) -> str:
        """Deploy the stage with more in its file."""
        write_stage(self._stages, "edge", STAGE + more)
        return self.stage.cdktf.run("deploy", STACK, "--auto-approve")

    def client(self, service: str, region: str = HOME) -> Any:
        """A boto3 client of a region."""
        return self.stage.emulator.client(f"{service}@{region}")

    @property
    def distributions(self) -> list[dict[str, Any]]:
        found = self.client("cloudfront", GLOBAL).list_distributions()["DistributionList"]
        items: list[dict[str, Any]] = found.get("Items", [])
        return items

    def leads_to(self, name: str) -> str:
        """Where a name's record leads."""
        route53 = self.client("route53", GLOBAL)
        records = [
            record
            for zone in route53.list_hosted_zones()["HostedZones"]
            if not zone["Config"]["PrivateZone"]
            for record in route53.list_resource_record_sets(HostedZoneId=zone["Id"])[
                "ResourceRecordSets"
            ]
        ]
        (record,) = [r for r in records if r["Name"] == f"{name}." and r["Type"] == "A"]
        target: str = record["AliasTarget"]["DNSName"]
        return target.rstrip(".")

    @property
    def ingress(self) -> list[tuple[int, list[str], list[str]]]:
        """What the load balancer's group lets in: port, blocks, prefix lists."""
        groups = self.client("ec2").describe_security_groups(
            Filters=[{"Name": "group-name", "Values": [f"{STACK}-alb-sg"]}]
        )["SecurityGroups"]
        return sorted(
            (
                rule["FromPort"],
                [each["CidrIp"] for each in rule["IpRanges"]],
                [each["PrefixListId"] for each in rule["PrefixListIds"]],
            )
            for rule in groups[0]["IpPermissions"]
        )

    @property
    def balancer(self) -> dict[str, Any]:
        (found,) = self.client("elbv2").describe_load_balancers()["LoadBalancers"]
        return dict(found)

    def firewalls(self, scope: str) -> int:
        region = GLOBAL if scope == "CLOUDFRONT" else HOME
        return len(self.client("wafv2", region).list_web_acls(Scope=scope)["WebACLs"])

    def finding(self, name: str) -> dict[str, Any]:
        """One finding of `ops doctor`."""
        answer = self.stage.ops("doctor", "--json")
        (found,) = [each for each in json.loads(answer.text)["findings"] if each["name"] == name]
        return dict(found)


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    folder = tmp_path_factory.mktemp("edge")
    with running_emulator() as emulator:
        environment = {
            **emulator.environment,
            "AWS_REGION": HOME,
            "ATOMIC_STAGES_DIR": str(folder / "stages"),
        }
        for zone in ("example.com", "example.net"):
            emulator.client("route53").create_hosted_zone(Name=zone, CallerReference=zone)
        cdktf = Cdktf(folder=folder, environment=environment)
        yield Edge(RecoverableStage(name="edge", cdktf=cdktf, emulator=emulator), folder / "stages")


def test_a_stage_without_it_has_nothing_of_it(edge: Edge) -> None:
    edge.deploy("")

    assert edge.distributions == []
    assert edge.leads_to("app.example.com") == edge.balancer["DNSName"]
    assert (edge.firewalls("REGIONAL"), edge.firewalls("CLOUDFRONT")) == (1, 0)
    assert edge.client("acm", GLOBAL).list_certificates()["CertificateSummaryList"] == []


def test_switched_on_it_is_before_a_running_stage_whose_balancer_stays_open(edge: Edge) -> None:
    before = edge.balancer["LoadBalancerArn"]

    edge.deploy(OPEN)

    (found,) = edge.distributions
    assert found["Aliases"]["Items"] == ["app.example.com"]
    assert found["Origins"]["Items"][0]["DomainName"] == edge.balancer["DNSName"]
    assert edge.leads_to("app.example.com") == found["DomainName"]
    assert edge.balancer["LoadBalancerArn"] == before
    assert [port for port, *_ in edge.ingress] == [80, 443]


def test_its_certificate_and_its_firewall_are_in_us_east_1(edge: Edge) -> None:
    (found,) = edge.distributions
    arn = found["ViewerCertificate"]["ACMCertificateArn"]

    certificate = edge.client("acm", GLOBAL).describe_certificate(CertificateArn=arn)["Certificate"]
    assert (certificate["Status"], certificate["DomainName"]) == ("ISSUED", "app.example.com")
    assert certificate["InUseBy"] == [found["ARN"]]
    assert (edge.firewalls("REGIONAL"), edge.firewalls("CLOUDFRONT")) == (0, 1)
    of_waf = {"logGroupNamePrefix": "aws-waf-logs-"}
    groups = edge.client("logs", GLOBAL).describe_log_groups(**of_waf)["logGroups"]
    assert [each["logGroupName"] for each in groups] == [f"aws-waf-logs-{STACK}"]
    assert edge.client("logs").describe_log_groups(**of_waf)["logGroups"] == []
    assert edge.stage.ops("firewall", "--json").code == 0


def test_doctor_says_that_the_balancer_is_still_open(edge: Edge) -> None:
    assert edge.finding("dns")["state"] == "fine"
    assert edge.finding("cdn")["state"] == "attention"


def test_closed_only_cloudfront_reaches_the_balancer(edge: Edge) -> None:
    edge.deploy(CLOSED)

    (rule,) = edge.ingress
    (listed,) = edge.client("ec2").describe_managed_prefix_lists(
        Filters=[
            {
                "Name": "prefix-list-name",
                "Values": ["com.amazonaws.global.cloudfront.origin-facing"],
            }
        ]
    )["PrefixLists"]
    assert rule == (443, [], [listed["PrefixListId"]])
    assert edge.finding("cdn")["state"] == "fine"


def test_further_names_are_in_both_certificates_and_lead_to_cloudfront(edge: Edge) -> None:
    (found,) = edge.distributions

    assert sorted(found["Aliases"]["Items"]) == NAMES
    assert {edge.leads_to(name) for name in NAMES} == {found["DomainName"]}
    for region in (HOME, GLOBAL):
        acm = edge.client("acm", region)
        (listed,) = acm.list_certificates()["CertificateSummaryList"]
        arn = listed["CertificateArn"]
        certificate = acm.describe_certificate(CertificateArn=arn)["Certificate"]
        assert sorted(certificate["SubjectAlternativeNames"]) == NAMES


def test_a_name_that_leads_on_answers_301_before_every_path(edge: Edge) -> None:
    elb = edge.client("elbv2")
    listeners = elb.describe_listeners(LoadBalancerArn=edge.balancer["LoadBalancerArn"])
    (https,) = [each for each in listeners["Listeners"] if each["Port"] == 443]
    rules = elb.describe_rules(ListenerArn=https["ListenerArn"])["Rules"]
    (rule,) = [each for each in rules if each["Priority"] == "2"]

    assert rule["Conditions"][0]["HostHeaderConfig"]["Values"] == ["www.example.com"]
    redirect = rule["Actions"][0]["RedirectConfig"]
    assert (redirect["Host"], redirect["StatusCode"]) == ("app.example.com", "HTTP_301")


def test_another_account_may_pull_the_images(edge: Edge) -> None:
    text = edge.client("ecr").get_repository_policy(repositoryName=f"{STACK}-app")["policyText"]

    (statement,) = json.loads(text)["Statement"]
    assert statement["Principal"] == {"AWS": ["arn:aws:iam::210987654321:root"]}


def test_a_second_plan_is_empty_and_drift_finds_nothing(edge: Edge) -> None:
    assert "no changes are needed" in edge.stage.cdktf.run("diff", STACK)
    assert edge.stage.ops("drift", "--json").code == 0


def test_cost_and_picture_know_it(edge: Edge) -> None:
    told = json.loads(edge.stage.ops("cost", "--json").text)["cost"]["bill"]

    assert "traffic of CloudFront, but for a TB" in {each["what"] for each in told["usage"]}
    assert told["unpriced"] == []


def test_it_comes_back_into_a_lost_state(edge: Edge) -> None:
    before = edge.stage.ids()
    edge.stage.state_file.unlink()

    answer = edge.stage.recover("--yes")

    assert answer.code == 0, answer.text + answer.errors
    of_the_edge = {
        address: id_
        for address, id_ in before.items()
        if address.startswith(("aws_cloudfront_", "aws_wafv2_", "aws_acm_certificate."))
    }
    assert len(of_the_edge) >= 5
    assert {each: edge.stage.ids().get(each) for each in of_the_edge} == of_the_edge
    edge.deploy(CLOSED)
    assert len(edge.distributions) == 1


def test_switched_off_the_domain_leads_to_an_open_balancer_again(edge: Edge) -> None:
    edge.deploy("[cdn]\nenabled = false\n")
    edge.deploy("")

    assert edge.distributions == []
    assert edge.leads_to("app.example.com") == edge.balancer["DNSName"]
    assert [port for port, *_ in edge.ingress] == [80, 443]
    assert (edge.firewalls("REGIONAL"), edge.firewalls("CLOUDFRONT")) == (1, 0)
    assert edge.client("acm", GLOBAL).list_certificates()["CertificateSummaryList"] == []


def test_a_destroy_leaves_nothing_of_it(edge: Edge) -> None:
    edge.deploy(CLOSED)
    edge.stage.cdktf.run("destroy", STACK, "--auto-approve")

    assert edge.distributions == []
    assert edge.firewalls("CLOUDFRONT") == 0
    assert edge.client("acm", GLOBAL).list_certificates()["CertificateSummaryList"] == []
    assert edge.client("logs", GLOBAL).describe_log_groups()["logGroups"] == []
