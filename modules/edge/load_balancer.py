"""The edge: an application load balancer with HTTPS, and the route of each service."""

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.lb import Lb, LbAccessLogs
from cdktf_cdktf_provider_aws.lb_listener import (
    LbListener,
    LbListenerDefaultAction,
    LbListenerDefaultActionFixedResponse,
    LbListenerDefaultActionRedirect,
)
from cdktf_cdktf_provider_aws.lb_listener_rule import (
    LbListenerRule,
    LbListenerRuleAction,
    LbListenerRuleActionRedirect,
    LbListenerRuleCondition,
    LbListenerRuleConditionHostHeader,
    LbListenerRuleConditionPathPattern,
)
from cdktf_cdktf_provider_aws.lb_target_group import (
    LbTargetGroup,
    LbTargetGroupHealthCheck,
)
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from constructs import Construct

from modules.base.address import address, address_of
from modules.context import Context
from modules.data.logs_bucket import REQUESTS_PREFIX, LogsBucket
from modules.lent import LentLoadBalancer, LentNetwork
from modules.network.network import AnyNetwork
from modules.settings import stage_settings as s
from modules.settings.previews import ROOM
from modules.settings.services import Service


class LoadBalancer(Construct):
    """The load balancer in the public subnets: port 80 redirects, port 443 routes or answers 404.

    One that `lends` leaves room for the rules of previews before its own. `rules_on_http` is true where an
    adopted one has its rules on port 80 alone: a rule cannot move to another listener, so those stay and get
    their like on port 443.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        settings: s.LoadBalancer,
        lends: bool,
        domain_name: str,
        logs: LogsBucket | None,
        certificate_arn: str,
        network: AnyNetwork,
        security_group: SecurityGroup,
    ) -> None:
        super().__init__(scope, id_)
        self.domain_name = domain_name
        self.idle_timeout_seconds = settings.idle_timeout_seconds
        self.host: str | None = None
        self._lends = lends
        self.forwards_http = settings.http == "forward"
        self.rules_on_http = context.is_adopted(LbListener, "http") and not context.is_adopted(
            LbListener, "https"
        )
        self.certificate_arn = certificate_arn
        self.load_balancer = address("main", Lb)(
            self,
            "load_balancer",
            name=context.names.load_balancer,
            load_balancer_type="application",
            internal=False,
            subnets=[subnet.id for subnet in network.public_subnets],
            security_groups=[security_group.id],
            drop_invalid_header_fields=True,
            idle_timeout=settings.idle_timeout_seconds,
            enable_deletion_protection=context.retain_data,
            access_logs=(
                LbAccessLogs(bucket=logs.bucket.bucket, prefix=REQUESTS_PREFIX, enabled=True)
                if logs
                else None
            ),
            depends_on=[*(logs.ready if logs else ()), *network.open_to_the_internet],
        )
        http = address("http", LbListener)(
            self,
            "http",
            load_balancer_arn=self.load_balancer.arn,
            port=80,
            protocol="HTTP",
            default_action=[
                LbListenerDefaultAction(
                    type="redirect",
                    redirect=LbListenerDefaultActionRedirect(
                        protocol="HTTPS", port="443", status_code="HTTP_301"
                    ),
                )
            ],
        )
        self.https_listener = address("https", LbListener)(
            self,
            "https",
            load_balancer_arn=self.load_balancer.arn,
            port=443,
            protocol="HTTPS",
            ssl_policy=settings.ssl_policy,
            certificate_arn=certificate_arn,
            routing_http_response_strict_transport_security_header_value=(
                f"max-age={settings.hsts_max_age_seconds}"
            ),
            default_action=[
                LbListenerDefaultAction(
                    type="fixed-response",
                    fixed_response=LbListenerDefaultActionFixedResponse(
                        content_type="text/plain",
                        message_body="Not found",
                        status_code="404",
                    ),
                )
            ],
        )

        if self.rules_on_http:
            http.depends_on = [address_of(LbListener, "https")]

    def placed(self, priority: int) -> int:
        """Return the priority of a rule on the listener, by that in its service's row."""
        return priority + (ROOM if self._lends else 0)


def path_patterns(path: str) -> list[str]:
    """Return what an ALB rule must match for `path` and all below it: `/v1/x/*` lacks `/v1/x`."""
    return ["/*"] if path == "/" else [path, f"{path}/*"]


def _only_for(host: str | None) -> list[LbListenerRuleCondition]:
    if host is None:
        return []
    return [LbListenerRuleCondition(host_header=LbListenerRuleConditionHostHeader(values=[host]))]


def route_of(
    scope: Construct,
    *,
    context: Context,
    service: Service,
    network: AnyNetwork | LentNetwork,
    load_balancer: LoadBalancer | LentLoadBalancer,
) -> "Route | None":
    """Return a service's route; None for one that the load balancer does not reach."""
    if not service.routed or service.path is None or service.routed_port is None:
        return None
    return Route(
        scope,
        f"{service.name}_route",
        context=context,
        service=service,
        path=service.path,
        port=service.routed_port,
        network=network,
        load_balancer=load_balancer,
    )


class Route(Construct):
    """The target group of a service and the rule that leads to it."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        service: Service,
        path: str,
        port: int,
        network: AnyNetwork | LentNetwork,
        load_balancer: LoadBalancer | LentLoadBalancer,
    ) -> None:
        super().__init__(scope, id_)
        self.port = port
        self._name = context.names.service(service.name)
        self.target_group = address(service.name, LbTargetGroup)(
            self,
            "target_group",
            name=context.names.service(service.renamed_from or service.name),
            target_type="ip",  # each Fargate task has an address of its own
            port=port,
            protocol="HTTP",
            vpc_id=network.vpc.id,
            deregistration_delay="30",
            health_check=LbTargetGroupHealthCheck(
                path=service.routed_health_path,
                matcher=service.health_matcher,
                interval=30,
                timeout=5,
                healthy_threshold=2,
                unhealthy_threshold=3,
            ),
            # ECS registers each task with its own port; another default would replace the group, which
            # AWS refuses while a rule forwards to it.
            lifecycle=TerraformResourceLifecycle(ignore_changes=["port"]),
        )
        if service.renamed_from:
            # It stays, with the old tasks in it: Terraform would delete it before the rule leads elsewhere,
            # which AWS refuses.
            self.target_group.move_from_id(address_of(LbTargetGroup, service.renamed_from))
        self._service = service
        self.rule = self._rule("", "rule", path, service.priority, load_balancer=load_balancer)
        if load_balancer.rules_on_http and context.is_adopted(LbListenerRule, service.name):
            self._beside_http(service, path, load_balancer)
        if service.second_route:
            second = service.second_route
            self._rule(
                "_second_route",
                "second_rule",
                second.path,
                second.priority,
                load_balancer=load_balancer,
            )

    def _beside_http(
        self, service: Service, path: str, load_balancer: LoadBalancer | LentLoadBalancer
    ) -> None:
        """Route HTTPS too; what comes by HTTP goes there when it no longer has to be forwarded."""
        self._rule(
            "_https",
            "https_rule",
            path,
            service.priority,
            load_balancer=load_balancer,
        )
        if load_balancer.forwards_http:
            return
        self.rule.depends_on = [address_of(LbListenerRule, f"{service.name}_https")]
        self.rule.put_action(
            [
                LbListenerRuleAction(
                    type="redirect",
                    redirect=LbListenerRuleActionRedirect(
                        host=load_balancer.domain_name,
                        protocol="HTTPS",
                        port="443",
                        status_code="HTTP_301",
                    ),
                )
            ]
        )

    def _rule(
        self,
        suffix: str,
        id_: str,
        path: str,
        priority: int | None,
        *,
        load_balancer: LoadBalancer | LentLoadBalancer,
    ) -> LbListenerRule:
        rule = address(f"{self._service.name}{suffix}", LbListenerRule)(
            self,
            id_,
            listener_arn=load_balancer.https_listener.arn,
            priority=priority and load_balancer.placed(priority),
            condition=[
                LbListenerRuleCondition(
                    path_pattern=LbListenerRuleConditionPathPattern(values=path_patterns(path))
                ),
                *_only_for(load_balancer.host),
            ],
            action=[LbListenerRuleAction(type="forward", target_group_arn=self.target_group.arn)],
            tags={"Name": self._name},
        )
        if before := self._service.renamed_from:
            # AWS takes a priority once: the rule of the old name becomes this one.
            rule.move_from_id(address_of(LbListenerRule, f"{before}{suffix}"))
        return rule
