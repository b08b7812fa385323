"""The names of a stage: the records by which they lead to the edge, and the redirects of further ones."""

from collections.abc import Mapping, Sequence

from cdktf_cdktf_provider_aws.data_aws_route53_zone import DataAwsRoute53Zone
from cdktf_cdktf_provider_aws.lb_listener_rule import (
    LbListenerRule,
    LbListenerRuleAction,
    LbListenerRuleActionRedirect,
    LbListenerRuleCondition,
    LbListenerRuleConditionHostHeader,
)
from cdktf_cdktf_provider_aws.route53_record import Route53Record, Route53RecordAlias
from constructs import Construct

from modules.base.address import address
from modules.edge.load_balancer import LoadBalancer
from modules.settings.services import FIRST_REDIRECT

# A rule has at most five values.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
_NAMES_A_RULE = 5


def label_of(name: str) -> str:
    """Return a name as a part of Terraform's: `www__example__com`."""
    return name.replace("*", "any").replace(".", "__")


def _straight(load_balancer: LoadBalancer) -> Route53RecordAlias:
    return Route53RecordAlias(
        name=load_balancer.load_balancer.dns_name,
        zone_id=load_balancer.load_balancer.zone_id,
        evaluate_target_health=True,
    )


class DomainNames(Construct):
    """An alias for each name that has a zone, and redirects from those that only lead on.

    What an alias leads to may change in place: Route 53 takes the next in one step.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        zones: Mapping[str, DataAwsRoute53Zone],
        redirected: Sequence[str],
        load_balancer: LoadBalancer,
        target: Route53RecordAlias,
    ) -> None:
        super().__init__(scope, id_)
        main = load_balancer.domain_name
        for name, zone in zones.items():
            label = "alias" if name == main else f"alias_{label_of(name)}"
            address(label, Route53Record)(
                self,
                label,
                zone_id=zone.zone_id,
                name=name,
                type="A",
                # Previews are reached at the load balancer, whatever is before the domain.
                alias=_straight(load_balancer) if name.startswith("*.") else target,
            )
        for index, first in enumerate(range(0, len(redirected), _NAMES_A_RULE)):
            address(f"redirect_{index}", LbListenerRule)(
                self,
                f"redirect_{index}",
                listener_arn=load_balancer.https_listener.arn,
                priority=load_balancer.placed(FIRST_REDIRECT + index),
                condition=[
                    LbListenerRuleCondition(
                        host_header=LbListenerRuleConditionHostHeader(
                            values=list(redirected[first : first + _NAMES_A_RULE])
                        )
                    )
                ],
                action=[
                    LbListenerRuleAction(
                        type="redirect",
                        redirect=LbListenerRuleActionRedirect(
                            host=main, port="443", protocol="HTTPS", status_code="HTTP_301"
                        ),
                    )
                ],
            )
