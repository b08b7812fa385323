"""Load balancing: lists within lists, from a name at their head."""

from typing import Final

from aws.resources.call import Call
from aws.resources.row import Resource, of

LOAD_BALANCER: Final = Resource(
    type="aws_lb",
    key=("name",),
    refuses_double=True,
    attributes={"id": "LoadBalancerArn", "arn": "LoadBalancerArn", "name": "LoadBalancerName"},
    listing=Call(
        "elbv2",
        "DescribeLoadBalancers",
        "LoadBalancers",
        {"Names": ["{}"]},
        absent=frozenset({"LoadBalancerNotFound", "LoadBalancerNotFoundException"}),
    ),
    status="State.Code",
)
_LISTENER: Final = Resource(
    type="aws_lb_listener",
    key=("load_balancer_arn", "port"),
    attributes={
        "id": "ListenerArn",
        "arn": "ListenerArn",
        "load_balancer_arn": "LoadBalancerArn",
        "port": "Port",
    },
    listing=Call("elbv2", "DescribeListeners", "Listeners", {"LoadBalancerArn": "{}"}),
    owners=of(LOAD_BALANCER, "arn"),
)

ELBV2: Final = (
    LOAD_BALANCER,
    _LISTENER,
    Resource(
        type="aws_lb_listener_rule",
        key=("listener_arn", "priority"),
        attributes={
            "id": "RuleArn",
            "arn": "RuleArn",
            "listener_arn": "ListenerArn",
            "priority": "Priority",
        },
        listing=Call("elbv2", "DescribeRules", "Rules", {"ListenerArn": "{}"}),
        owners=of(_LISTENER, "arn"),
        is_somebodys=lambda row: not row["IsDefault"],
    ),
    Resource(
        type="aws_lb_target_group",
        key=("name",),
        refuses_double=True,
        attributes={"id": "TargetGroupArn", "arn": "TargetGroupArn", "name": "TargetGroupName"},
        listing=Call(
            "elbv2",
            "DescribeTargetGroups",
            "TargetGroups",
            {"Names": ["{}"]},
            absent=frozenset({"TargetGroupNotFound", "TargetGroupNotFoundException"}),
        ),
    ),
)
