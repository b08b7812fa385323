"""The edge: load balancer, listeners, rules, target groups."""

import pytest

from tests.conftest import Synthesize

PROXY = 8000
# service -> port of its task, priority, paths, health path, its answers
ROUTES = {
    "supertokens": (PROXY, 10, ["/v1/auth", "/v1/auth/*"], "/v1/auth/hello", "200-399"),
    "hasura": (8080, 20, ["/v1/graphql", "/v1/graphql/*"], "/healthz", "200-399"),
    "functions": (
        PROXY, 30, ["/v1/functions", "/v1/functions/*"], "/v1/functions/healthz", "401",
    ),
    "handshake": (PROXY, 40, ["/v1/handshake", "/v1/handshake/*"], "/v1/handshake", "200-399"),
    "oauth": (PROXY, 50, ["/v1/oauth", "/v1/oauth/*"], "/v1/oauth", "200-399"),
    "optaplanner": (
        PROXY, 60, ["/v1/optaplanner", "/v1/optaplanner/*"], "/v1/optaplanner", "200-499",
    ),
    "app": (3000, 100, ["/*"], "/", "200-399"),
}  # fmt: skip


def test_it_stands_in_the_public_subnets_open_to_the_internet(stack: Synthesize) -> None:
    balancer = stack("dev").resource("aws_lb", "main")

    assert balancer["load_balancer_type"] == "application"
    assert balancer["internal"] is False
    assert balancer["subnets"] == ["${aws_subnet.public_0.id}", "${aws_subnet.public_1.id}"]


def test_it_drops_invalid_headers(stack: Synthesize) -> None:
    assert stack("dev").resource("aws_lb", "main")["drop_invalid_header_fields"] is True


@pytest.mark.parametrize(("stage", "kept"), [("dev", False), ("staging", False), ("prod", True)])
def test_only_prods_refuses_to_be_deleted(stack: Synthesize, stage: str, *, kept: bool) -> None:
    assert stack(stage).resource("aws_lb", "main")["enable_deletion_protection"] is kept


def test_port_80_answers_301_to_https(stack: Synthesize) -> None:
    listener = stack("dev").resource("aws_lb_listener", "http")

    assert (listener["port"], listener["protocol"]) == (80, "HTTP")
    assert listener["default_action"] == [
        {
            "type": "redirect",
            "redirect": {"protocol": "HTTPS", "port": "443", "status_code": "HTTP_301"},
        }
    ]


def test_port_443_answers_404_as_text_where_no_rule_fits(stack: Synthesize) -> None:
    listener = stack("dev").resource("aws_lb_listener", "https")

    assert (listener["port"], listener["protocol"]) == (443, "HTTPS")
    (action,) = listener["default_action"]
    assert action["type"] == "fixed-response"
    assert action["fixed_response"]["status_code"] == "404"
    assert action["fixed_response"]["content_type"] == "text/plain"


def test_the_tls_policy_is_set(stack: Synthesize) -> None:
    listener = stack("dev").resource("aws_lb_listener", "https")

    assert listener["ssl_policy"] == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"


def test_answers_carry_hsts(stack: Synthesize) -> None:
    listener = stack("dev").resource("aws_lb_listener", "https")

    header = listener["routing_http_response_strict_transport_security_header_value"]
    assert header == "max-age=31536000"


def test_each_routed_service_has_one_rule_and_one_target_group(stack: Synthesize) -> None:
    rules = stack("dev").names("aws_lb_listener_rule")
    assert rules == sorted([*ROUTES, "functions_second_route"])
    assert stack("dev").names("aws_lb_target_group") == sorted(ROUTES)


@pytest.mark.parametrize("service", ROUTES)
def test_a_rule_leads_both_forms_of_the_path_to_the_service(
    stack: Synthesize, service: str
) -> None:
    _, priority, paths, *_ = ROUTES[service]

    rule = stack("dev").resource("aws_lb_listener_rule", service)

    assert rule["listener_arn"] == "${aws_lb_listener.https.arn}"
    assert rule["priority"] == priority
    assert rule["condition"] == [{"path_pattern": {"values": paths}}]
    assert rule["action"] == [
        {"type": "forward", "target_group_arn": f"${{aws_lb_target_group.{service}.arn}}"}
    ]


@pytest.mark.parametrize("service", ROUTES)
def test_a_target_group_asks_the_services_health_path_on_its_port(
    stack: Synthesize, service: str
) -> None:
    port, _, _, health_path, answers = ROUTES[service]

    group = stack("dev").resource("aws_lb_target_group", service)

    assert (group["port"], group["protocol"], group["target_type"]) == (port, "HTTP", "ip")
    assert group["health_check"]["path"] == health_path
    assert group["health_check"]["matcher"] == answers


def test_the_second_route_leads_to_the_same_tasks(stack: Synthesize) -> None:
    rule = stack("dev").resource("aws_lb_listener_rule", "functions_second_route")

    assert rule["priority"] == 35
    assert rule["condition"] == [{"path_pattern": {"values": ["/v1/chat", "/v1/chat/*"]}}]
    assert rule["action"] == [
        {"type": "forward", "target_group_arn": "${aws_lb_target_group.functions.arn}"}
    ]


@pytest.mark.parametrize("service", ROUTES)
def test_a_service_registers_its_container_or_its_proxy_with_its_target_group(
    stack: Synthesize, service: str
) -> None:
    (balancer,) = stack("dev").resource("aws_ecs_service", service)["load_balancer"]

    assert balancer == {
        "target_group_arn": f"${{aws_lb_target_group.{service}.arn}}",
        "container_name": service if service == "app" else "strip-proxy",
        "container_port": ROUTES[service][0],
    }


def test_python_agent_is_not_behind_it(stack: Synthesize) -> None:
    assert "load_balancer" not in stack("dev").resource("aws_ecs_service", "python_agent")


@pytest.mark.parametrize("stage", ["dev", "prod", "frugal"])
def test_the_load_balancer_waits_for_the_way_to_the_internet(stack: Synthesize, stage: str) -> None:
    waits_for = stack(stage).resource("aws_lb", "main")["depends_on"]
    zones = 3 if stage == "frugal" else 2

    assert "aws_internet_gateway.main" in waits_for
    for zone in range(zones):
        assert f"aws_route_table_association.public_{zone}" in waits_for


def test_a_quiet_connection_stays_open_for_two_minutes(stack: Synthesize) -> None:
    assert stack("prod").resource("aws_lb", "main")["idle_timeout"] == 120
