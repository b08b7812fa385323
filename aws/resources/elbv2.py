"""Load balancing: lists within lists, from a name at their head."""

from typing import Final

from aws.resources.call import Call
from aws.resources.row import ResourceType, of

NO_BALANCER: Final = frozenset({"LoadBalancerNotFound", "LoadBalancerNotFoundException"})

LOAD_BALANCER: Final = ResourceType(
    type="aws_lb",
    cloudformation="AWS::ElasticLoadBalancingV2::LoadBalancer",
    label="load balancer",
    key=("name",),
    refuses_double=True,
    attributes={"id": "LoadBalancerArn", "arn": "LoadBalancerArn", "name": "LoadBalancerName"},
    listing=Call(
        "elbv2",
        "DescribeLoadBalancers",
        "LoadBalancers",
        {"Names": ["{}"]},
        absent=NO_BALANCER,
    ),
    status="State.Code",
    identity=("internal", "ip_address_type", "load_balancer_type", "name", "tags"),
    settings=(
        "access_logs",
        "drop_invalid_header_fields",
        "enable_deletion_protection",
        "idle_timeout",
        "subnets",
    ),
    merged=("security_groups",),
)
_LISTENER: Final = ResourceType(
    type="aws_lb_listener",
    free=True,
    cloudformation="AWS::ElasticLoadBalancingV2::Listener",
    label="listener",
    key=("load_balancer_arn", "port"),
    attributes={
        "id": "ListenerArn",
        "arn": "ListenerArn",
        "load_balancer_arn": "LoadBalancerArn",
        "port": "Port",
    },
    listing=Call("elbv2", "DescribeListeners", "Listeners", {"LoadBalancerArn": "{}"}),
    owners=of(LOAD_BALANCER, "arn"),
    identity=("tags",),
    settings=(
        "certificate_arn",
        "default_action",
        "port",
        "protocol",
        "routing_http_response_strict_transport_security_header_value",
        "ssl_policy",
    ),
    # AWS has fixed answers without a content type, which the provider insists on.
    unsaid=("default_action",),
)

ELBV2: Final = (
    LOAD_BALANCER,
    _LISTENER,
    ResourceType(
        type="aws_lb_listener_rule",
        free=True,
        cloudformation="AWS::ElasticLoadBalancingV2::ListenerRule",
        label="listener rule",
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
        identity=("tags",),
        settings=("action", "condition", "priority"),
        tied=("listener_arn",),
    ),
    ResourceType(
        type="aws_lb_target_group",
        free=True,
        cloudformation="AWS::ElasticLoadBalancingV2::TargetGroup",
        label="target group",
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
        identity=(
            "ip_address_type",
            "name",
            "port",
            "protocol",
            "protocol_version",
            "tags",
            "target_type",
        ),
        settings=("deregistration_delay", "health_check"),
    ),
)
