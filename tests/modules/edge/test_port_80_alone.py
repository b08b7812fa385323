"""The edge of an adopted stack whose load balancer listens on port 80 alone."""

from typing import Any

import pytest

from modules.settings.stage_files import parse_stage
from synth.synthesized import synthesized
from terraform.stack import Stack

pytestmark = pytest.mark.jsii
ADOPTED = frozenset({"aws_lb.main", "aws_lb_listener.http", "aws_lb_listener_rule.app"})


def synthesized_stage(**load_balancer: Any) -> Stack:
    document = {
        "domain_name": "calendar.example.com",
        "operator_email": "you@example.com",
        "load_balancer": load_balancer,
    }
    settings, errors = parse_stage(document, stage="live")
    assert not errors
    return synthesized(settings, adopted=ADOPTED)


@pytest.fixture(scope="module")
def forwarding() -> Stack:
    return synthesized_stage(http="forward")


def action(stack: Stack, name: str) -> Any:
    (only,) = stack.resources[f"aws_lb_listener_rule.{name}"].attributes["action"]
    return only


def test_the_service_is_routed_by_https_too(forwarding: Stack) -> None:
    rule = forwarding.resources["aws_lb_listener_rule.app_https"].attributes

    assert rule["listener_arn"] == "${aws_lb_listener.https.arn}"
    assert action(forwarding, "app_https")["target_group_arn"] == "${aws_lb_target_group.app.arn}"


def test_port_80_forwards_as_before(forwarding: Stack) -> None:
    assert action(forwarding, "app")["type"] == "forward"


def test_port_80_redirects_to_the_domain_once_https_answers() -> None:
    stack = synthesized_stage()

    assert action(stack, "app")["redirect"] == {
        "host": "calendar.example.com",
        "port": "443",
        "protocol": "HTTPS",
        "status_code": "HTTP_301",
    }
    waits_for = stack.resources["aws_lb_listener_rule.app"].depends_on
    assert waits_for == ("aws_lb_listener_rule.app_https",)


def test_a_service_that_was_not_there_has_one_rule(forwarding: Stack) -> None:
    assert "aws_lb_listener_rule.oauth_https" not in forwarding.resources
