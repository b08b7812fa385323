"""What of a service that is left out of a stage goes, and what stays."""

import pytest

from modules.settings.stage_files import parse_stage
from synth.synthesized import synthesized
from tests.conftest import Synthesize

REQUIRED = {"domain_name": "app.example.com", "operator_email": "ops@example.com"}


def of(service: str, addresses: list[str]) -> set[str]:
    return {each for each in addresses if f".{service}" in each}


def test_of_a_stage_that_keeps_its_data_the_images_and_the_log_stay(stack: Synthesize) -> None:
    assert of("oauth", stack("tailored").addresses()) == {
        "aws_cloudwatch_log_group.oauth",
        "aws_ecr_lifecycle_policy.oauth",
        "aws_ecr_repository.oauth",
    }


def test_its_registry_still_refuses_to_be_destroyed(stack: Synthesize) -> None:
    registry = stack("tailored").resource("aws_ecr_repository", "oauth")

    assert registry["lifecycle"] == {"prevent_destroy": True}
    assert registry["force_delete"] is False


def test_the_empty_group_stays_that_the_data_named(stack: Synthesize) -> None:
    tailored = stack("tailored")

    assert "aws_security_group.python_agent" in tailored.addresses()
    assert not [each for each in tailored.addresses() if "_rule.python_agent" in each]
    assert not tailored.resource("aws_security_group", "file_storage").get("ingress")


@pytest.mark.jsii
def test_of_a_stage_that_keeps_nothing_and_a_service_that_let_go_nothing_is_left() -> None:
    services = {
        "oauth": {"enabled": False},
        "python-agent": {"enabled": False, "uses_file_storage": False},
    }
    document = {**REQUIRED, "retain_data": False, "services": services}
    settings, errors = parse_stage(document, stage="dev")
    assert not errors

    addresses = list(synthesized(settings).elements)

    assert of("oauth", addresses) | of("python_agent", addresses) == set()


@pytest.mark.jsii
def test_a_registry_that_may_be_destroyed_goes() -> None:
    services = {"oauth": {"enabled": False}}
    document = {**REQUIRED, "services": services, "allow_destroy": ["aws_ecr_repository.oauth"]}
    settings, errors = parse_stage(document, stage="dev")
    assert not errors

    assert "aws_ecr_repository.oauth" not in synthesized(settings).elements


def test_a_service_that_was_renamed_keeps_registry_rule_and_target_group(
    stack: Synthesize,
) -> None:
    tailored = stack("tailored")

    assert tailored.resource("aws_ecr_repository", "reports")["name"] == "atomic-tailored-reports"
    assert tailored.containers("insights")["insights"]["image"].startswith(
        "${aws_ecr_repository.reports.repository_url}:"
    )
    group = tailored.resource("aws_lb_target_group", "insights")
    assert group["name"] == "atomic-tailored-reports"
    assert tailored.json["moved"] == [
        {"from": "aws_lb_target_group.reports", "to": "aws_lb_target_group.insights"},
        {"from": "aws_lb_listener_rule.reports", "to": "aws_lb_listener_rule.insights"},
    ]


def test_a_service_has_thresholds_of_its_own(stack: Synthesize) -> None:
    alarms = {
        name: stack("tailored").resource("aws_cloudwatch_metric_alarm", name)
        for name in ("insights_cpu", "insights_memory", "app_cpu")
    }

    assert {name: (each["metric_name"], each["threshold"]) for name, each in alarms.items()} == {
        "insights_cpu": ("CPUUtilization", 50),
        "insights_memory": ("MemoryUtilization", 90),
        "app_cpu": ("CPUUtilization", 85),
    }


def test_a_worker_has_no_route_and_says_itself_whether_it_lives(stack: Synthesize) -> None:
    tailored = stack("tailored")

    assert "aws_lb_target_group.worker" not in tailored.addresses()
    assert tailored.containers("worker")["worker"]["healthCheck"]["command"] == [
        "CMD",
        "pgrep",
        "worker",
    ]
    assert "aws_cloudwatch_metric_alarm.worker_no_task" in tailored.addresses()
