"""The maintenance page comes before every rule, is marked as what it is, and goes without a trace."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from aws.client import Clients
from common.errors import UserError
from ops.commands import maintenance as command
from ops.deployed import Deployed
from ops.facts import maintenance as facts
from ops.facts.maintenance import Maintenance, maintenance_facts
from terraform.workspace import Workspace
from tests.answer import Answer
from tests.ops.answering import answer
from tests.stages import stage_settings

DEV = stage_settings("dev")


@pytest.fixture
def deployed(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """A load balancer with a redirect on port 80, and one service behind port 443."""
    ec2, elbv2 = clients("ec2"), clients("elbv2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"][:2]]
    balancer = elbv2.create_load_balancer(Name="atomic-dev-alb", Subnets=subnets)
    arn = balancer["LoadBalancers"][0]["LoadBalancerArn"]
    group = elbv2.create_target_group(Name="app", Protocol="HTTP", Port=80, VpcId=vpc)
    group_arn = group["TargetGroups"][0]["TargetGroupArn"]
    redirect = {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", "Port": "443"}}
    not_found = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    elbv2.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[redirect])
    https = elbv2.create_listener(
        LoadBalancerArn=arn, Protocol="HTTP", Port=443, DefaultActions=[not_found]
    )["Listeners"][0]["ListenerArn"]
    elbv2.create_rule(
        ListenerArn=https,
        Priority=100,
        Conditions=[{"Field": "path-pattern", "Values": ["/*"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": group_arn}],
    )
    made = Deployed(workspace=Workspace(stage="dev", environ={}), settings=DEV, clients=clients)
    monkeypatch.setattr(command, "open_stage", lambda _stage: made)
    return made


class Says:
    """Runs `ops maintenance` on the stage."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *arguments: object) -> Answer:
        return answer(self._monkeypatch, self._capsys, "maintenance", *arguments, "--stage", "dev")


@pytest.fixture
def says(
    deployed: Deployed,  # noqa: ARG001  # what the command opens
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Says:
    return Says(monkeypatch, capsys)


def rules(clients: Clients, port: int = 443) -> list[dict[str, Any]]:
    elbv2 = clients("elbv2")
    balancer = elbv2.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    (listener,) = [
        each
        for each in elbv2.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
        if each["Port"] == port
    ]
    found = elbv2.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    return [each for each in found if not each["IsDefault"]]


def test_the_page_is_the_first_rule_and_answers_503_with_html(says: Says, clients: Clients) -> None:
    assert says("on").code == 0

    page, service = sorted(rules(clients), key=lambda rule: int(rule["Priority"]))
    config = page["Actions"][0]["FixedResponseConfig"]
    assert (page["Priority"], service["Priority"]) == ("1", "100")
    assert page["Conditions"][0]["PathPatternConfig"]["Values"] == ["/*"]
    assert (config["StatusCode"], config["ContentType"]) == ("503", "text/html")
    assert "<h1>We are working on it</h1>" in config["MessageBody"]
    assert len(config["MessageBody"].encode()) <= 1024
    assert rules(clients, port=80) == []  # it redirects to 443, where the page is


def test_off_leaves_the_rules_as_they_were(says: Says, clients: Clients) -> None:
    before = rules(clients)
    says("on")

    assert says("off").text == "the maintenance page of stage dev is off\n"
    assert rules(clients) == before
    assert says("off").code == 0


def test_turned_on_twice_it_is_there_once_and_keeps_its_first_time(
    says: Says, clients: Clients
) -> None:
    first = json.loads(says("on", "--json").text)["maintenance"]
    again = json.loads(says("on", "--json").text)["maintenance"]

    assert again == first
    assert len(rules(clients)) == 2


def test_a_page_of_ones_own_takes_the_place_of_the_one_shown(
    says: Says, clients: Clients, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    page.write_text("<h1>Wartung bis 6 Uhr: Übersicht folgt</h1>", encoding="utf-8")
    says("on")

    assert says("on", "--page", page).code == 0
    shown = [rule for rule in rules(clients) if rule["Priority"] == "1"]
    assert [each["Actions"][0]["FixedResponseConfig"]["MessageBody"] for each in shown] == [
        "<h1>Wartung bis 6 Uhr: Übersicht folgt</h1>"
    ]


def test_it_says_since_when_and_by_whom_and_asks_for_a_person(says: Says) -> None:
    says("on")

    shown = says("show")
    assert shown.code == 2
    assert "the maintenance page is on since 20" in shown.text
    assert "by arn:aws:" in shown.text
    assert "python -m ops maintenance off --stage dev" in shown.text


def test_a_fixed_response_that_somebody_made_is_no_maintenance_page(
    says: Says, clients: Clients
) -> None:
    clients("elbv2").create_rule(
        ListenerArn=rules(clients)[0]["RuleArn"]
        .replace(":listener-rule/", ":listener/")
        .rpartition("/")[0],
        Priority=7,
        Conditions=[{"Field": "path-pattern", "Values": ["/old"]}],
        Actions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "410"}}],
    )

    assert says("show").code == 0
    assert says("off").code == 0
    assert len(rules(clients)) == 2


def test_a_service_with_the_pages_priority_is_named_and_nothing_is_made(
    says: Says, clients: Clients
) -> None:
    clients("elbv2").set_rule_priorities(
        RulePriorities=[{"RuleArn": rules(clients)[0]["RuleArn"], "Priority": 1}]
    )

    refused = says("on")
    assert refused.code == 1
    assert "a rule on port 443 has priority 1" in refused.errors
    assert len(rules(clients)) == 1


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "has 0 bytes: allowed: 1 to 1024"),
        (b"x" * 1025, "has 1025 bytes: allowed: 1 to 1024"),
        (b"\xff\xfe\x00\xd8", "a page of HTML is text"),
    ],
)
def test_a_page_that_a_load_balancer_cannot_show_is_refused(
    content: bytes, why: str, says: Says, clients: Clients, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    page.write_bytes(content)

    refused = says("on", "--page", page)
    assert (refused.code, refused.errors.count("\n")) == (1, 1)
    assert why in refused.errors
    assert len(rules(clients)) == 1


def test_a_page_that_is_not_there_is_named(says: Says, tmp_path: Path) -> None:
    refused = says("on", "--page", tmp_path / "no.html")

    assert refused.code == 1
    assert f"--page: {tmp_path / 'no.html'}: No such file or directory" in refused.errors


def test_without_a_load_balancer_the_deploy_is_named(
    deployed: Deployed, says: Says, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = dataclasses.replace(deployed, settings=stage_settings("staging"))
    monkeypatch.setattr(command, "open_stage", lambda _stage: made)

    refused = says("on")
    assert refused.code == 1
    assert "cdktf deploy atomic-staging" in refused.errors
    assert maintenance_facts(made) is None


def test_where_aws_refuses_the_page_is_unknown_and_not_off(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(_deployed: Deployed) -> Maintenance:
        raise UserError("elasticloadbalancing:DescribeRules is not allowed")

    monkeypatch.setattr(facts, "maintenance_facts", refuses)

    assert facts.maintenance_beside(deployed) == (
        None,
        "whether the maintenance page is on is unknown: elasticloadbalancing:DescribeRules is not allowed",
    )


def test_a_listener_without_the_page_is_said() -> None:
    page = Maintenance(rules=("arn",), since="2026-01-01T00:00:00+00:00", by="me", missing=(80,))

    assert page.text == (
        "the maintenance page is on since 2026-01-01T00:00:00+00:00, by me; not on port 80"
    )
