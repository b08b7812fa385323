"""Rows of the load balancer and of certificates."""

from collections.abc import Mapping
from typing import Any, Final

from local.cloudformation.calls import Made, Request
from local.cloudformation.rows.row import Row, deleted_by, made_by


def _load_balancer(request: Request) -> Made:
    made = request.call(
        "elbv2.create_load_balancer",
        {
            **request.properties,
            "Name": request.get("Name") or _short(request),
            "Tags": request.tag_list(),
        },
    )["LoadBalancers"][0]
    arn = made["LoadBalancerArn"]
    chosen = {each["Key"]: each["Value"] for each in request.get("LoadBalancerAttributes") or ()}
    request.call(
        "elbv2.modify_load_balancer_attributes",
        {
            "LoadBalancerArn": arn,
            "Attributes": [
                {"Key": key, "Value": value} for key, value in {**_ATTRIBUTES, **chosen}.items()
            ],
        },
    )
    return Made(
        physical_id=arn,
        attributes={
            "LoadBalancerArn": arn,
            "DNSName": made["DNSName"],
            "LoadBalancerName": made["LoadBalancerName"],
            "LoadBalancerFullName": arn.partition("loadbalancer/")[2],
            "CanonicalHostedZoneID": made.get("CanonicalHostedZoneId"),
            "SecurityGroups": made.get("SecurityGroups"),
        },
    )


# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
_ATTRIBUTES: Final = {
    "client_keep_alive.seconds": "3600",
    "connection_logs.s3.enabled": "false",
    "idle_timeout.timeout_seconds": "60",
    "load_balancing.cross_zone.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "waf.fail_open.enabled": "false",
    "zonal_shift.config.enabled": "false",
}


def _short(request: Request) -> str:
    """Return a name as CloudFormation makes them where only 32 characters are allowed."""
    name = request.generated_name(longest=60)
    return f"{request.stack_name[:5]}-{request.logical_id[:5]}-{name[-12:]}"


def _target_group(request: Request) -> Made:
    made = request.call(
        "elbv2.create_target_group",
        {
            **request.properties,
            "Name": request.get("Name") or _short(request),
            "Tags": request.tag_list(),
        },
    )["TargetGroups"][0]
    arn = made["TargetGroupArn"]
    if request.get("TargetGroupAttributes"):
        request.call(
            "elbv2.modify_target_group_attributes",
            {"TargetGroupArn": arn, "Attributes": request["TargetGroupAttributes"]},
        )
    return Made(
        physical_id=arn,
        attributes={
            "TargetGroupArn": arn,
            "TargetGroupName": made["TargetGroupName"],
            "TargetGroupFullName": arn.rpartition(":")[2],
        },
    )


def _read_target_group(request: Request, physical_id: str) -> Mapping[str, Any] | None:
    known = request.call("elbv2.describe_target_groups", {})["TargetGroups"]
    found = [each for each in known if each["TargetGroupArn"] == physical_id]
    return {"HealthCheckPath": found[0].get("HealthCheckPath")} if found else None


def _listener(request: Request) -> Made:
    made = request.call(
        "elbv2.create_listener",
        {**request.properties, "DefaultActions": _actions(request["DefaultActions"])},
    )["Listeners"][0]
    arn = made["ListenerArn"]
    return Made(physical_id=arn, attributes={"ListenerArn": arn})


def _rule(request: Request) -> Made:
    made = request.call(
        "elbv2.create_rule",
        {
            **request.properties,
            "Actions": _actions(request["Actions"]),
            "Conditions": [dict(each) for each in request["Conditions"]],
        },
    )["Rules"][0]
    return Made(physical_id=made["RuleArn"], attributes={"RuleArn": made["RuleArn"]})


def _actions(actions: list[Any]) -> list[Any]:
    return [{"Order": index, **_redirecting(each)} for index, each in enumerate(actions, start=1)]


def _redirecting(action: Mapping[str, Any]) -> Mapping[str, Any]:
    """Complete a redirect as AWS does: what it does not name stays as it was asked for."""
    if "RedirectConfig" not in action:
        return action
    return {**action, "RedirectConfig": {**_AS_ASKED, **action["RedirectConfig"]}}


_AS_ASKED: Final = {
    "Host": "#{host}",
    "Path": "/#{path}",
    "Port": "#{port}",
    "Protocol": "#{protocol}",
    "Query": "#{query}",
}


ROWS: Final[Mapping[str, Row]] = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": Row(
        create=_load_balancer,
        delete=deleted_by("elbv2.delete_load_balancer", "LoadBalancerArn"),
        identifiers=("LoadBalancerArn",),
    ),
    "AWS::ElasticLoadBalancingV2::TargetGroup": Row(
        create=_target_group,
        delete=deleted_by("elbv2.delete_target_group", "TargetGroupArn"),
        read=_read_target_group,
        identifiers=("TargetGroupArn",),
    ),
    "AWS::ElasticLoadBalancingV2::Listener": Row(
        create=_listener,
        delete=deleted_by("elbv2.delete_listener", "ListenerArn"),
        identifiers=("ListenerArn",),
    ),
    "AWS::ElasticLoadBalancingV2::ListenerRule": Row(
        create=_rule, delete=deleted_by("elbv2.delete_rule", "RuleArn"), identifiers=("RuleArn",)
    ),
    "AWS::CertificateManager::Certificate": Row(
        create=made_by("acm.request_certificate", "CertificateArn", tags="Tags"),
        delete=deleted_by("acm.delete_certificate", "CertificateArn"),
        identifiers=("CertificateArn",),
    ),
}
