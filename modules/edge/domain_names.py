"""The records by which a domain leads to the edge."""

from cdktf_cdktf_provider_aws.data_aws_route53_zone import DataAwsRoute53Zone
from cdktf_cdktf_provider_aws.route53_record import Route53Record, Route53RecordAlias
from constructs import Construct

from modules.base.address import address


class DomainName(Construct):
    """An alias in the zone. What it leads to may change in place: Route 53 takes the next in one step."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        label: str,
        domain_name: str,
        hosted_zone: DataAwsRoute53Zone,
        target: Route53RecordAlias,
    ) -> None:
        super().__init__(scope, id_)
        address(
            label,
            Route53Record(
                self,
                "alias",
                zone_id=hosted_zone.zone_id,
                name=domain_name,
                type="A",
                alias=target,
            ),
        )
