"""Rows of the load balancer and of certificates."""

from collections.abc import Mapping
from typing import Any, Final

from local.cloudformation.calls import Made, Request
from local.cloudformation.rows.row import Row, deleted_by


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
    if request.get("LoadBalancerAttributes"):
        request.call(
            "elbv2.modify_load_balancer_attributes",
            {"LoadBalancerArn": arn, "Attributes": request["LoadBalancerAttributes"]},
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
    return [{"Order": index, **action} for index, action in enumerate(actions, start=1)]


def _certificate(request: Request) -> Made:
    made = request.call(
        "acm.request_certificate", {**request.properties, "Tags": request.tag_list()}
    )
    return Made(physical_id=made["CertificateArn"])


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
        create=_certificate,
        delete=deleted_by("acm.delete_certificate", "CertificateArn"),
        identifiers=("CertificateArn",),
    ),
}
