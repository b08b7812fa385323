"""What users meet at the domain is a certificate that is issued and has its names: CloudFront's too."""

from datetime import UTC, datetime
from typing import Any

import moto.settings
import pytest

from aws.client import Clients, within
from ops.deployed import Deployed
from ops.doctor.edge import gather_certificates, judge_certificate
from ops.doctor.finding import Finding
from terraform.workspace import Workspace
from tests.stages import stage_settings

NOW = datetime.now(UTC)
REGION = "eu-central-1"


def looked_at(clients: Clients, *, region: str = REGION, **chosen: Any) -> list[Finding]:
    """What the doctor says of the certificates of a stage."""
    settings = stage_settings("dev")
    chosen = {"region": region, "domain_name": "app.example.com", **chosen}
    deployed = Deployed(
        workspace=Workspace(stage="dev", environ={}),
        settings=type(settings).model_validate({**settings.model_dump(), **chosen}),
        clients=within(region, clients),
    )
    return [
        finding
        for facts in gather_certificates(deployed)
        for finding in judge_certificate(facts, stack="atomic-dev", now=NOW)
    ]


def issue(clients: Clients, region: str, *others: str, name: str = "app.example.com") -> str:
    """A certificate that ACM has issued."""
    acm = clients(f"acm@{region}")
    names = {"SubjectAlternativeNames": [name, *others]} if others else {}
    arn = acm.request_certificate(DomainName=name, ValidationMethod="DNS", **names)
    return str(arn["CertificateArn"])


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moto.settings, "ACM_VALIDATION_WAIT", -1)


def test_a_stage_elsewhere_has_two_and_each_is_named(clients: Clients) -> None:
    issue(clients, REGION)
    issue(clients, "us-east-1")

    found = looked_at(clients, cdn={})

    assert [(each.name, each.state) for each in found] == [
        ("certificate", "fine"),
        ("certificate in us-east-1", "fine"),
    ]


def test_what_cloudfront_has_not_is_told_though_the_load_balancers_is_there(
    clients: Clients,
) -> None:
    issue(clients, REGION)

    _, found = looked_at(clients, cdn={})

    assert (found.state, found.what) == (
        "attention",
        "there is no certificate for app.example.com",
    )
    assert "correct cdn.certificate_arn" in found.remedy


def test_one_that_is_not_proven_in_us_east_1_is_told_with_its_record(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue(clients, REGION)
    monkeypatch.setattr(moto.settings, "ACM_VALIDATION_WAIT", 1000)
    clients("acm@us-east-1").request_certificate(
        DomainName="app.example.com", ValidationMethod="DNS"
    )

    _, found = looked_at(clients, cdn={})

    assert (found.name, found.what) == (
        "certificate in us-east-1",
        "app.example.com is not proven yet",
    )
    assert "set the record _" in found.remedy


@pytest.mark.parametrize("setting", ["certificate_arn", "cdn.certificate_arn"])
def test_a_given_one_that_lacks_a_name_is_told(clients: Clients, setting: str) -> None:
    given = issue(clients, "us-east-1", "www.example.com")
    whole = issue(clients, "us-east-1", "www.example.com", "app.example.net")
    of_cdn = setting.startswith("cdn")

    found = looked_at(
        clients,
        region="us-east-1",
        certificate_arn=whole if of_cdn else given,
        cdn={"certificate_arn": given if of_cdn else whole},
        domains={"serve": ["www.example.com", "app.example.net"]},
    )

    (wrong,) = (each for each in found if each.state != "fine")
    assert wrong.what == f"{given} does not have the name app.example.net"
    assert f"correct {setting} in the stage file" in wrong.remedy


def test_a_wildcard_has_the_names_one_below_it_and_no_others(clients: Clients) -> None:
    given = issue(clients, "us-east-1", name="*.example.com")

    (fine,) = looked_at(clients, region="us-east-1", certificate_arn=given)
    (wrong,) = looked_at(
        clients, region="us-east-1", certificate_arn=given, domains={"serve": ["a.b.example.com"]}
    )

    assert fine.state == "fine"
    assert wrong.what.endswith("does not have the name a.b.example.com")


def test_a_stage_in_us_east_1_has_one_for_both(clients: Clients) -> None:
    issue(clients, "us-east-1")

    assert len(looked_at(clients, region="us-east-1", cdn={})) == 1
