"""CloudFront before the whole domain: files with a hash in their names are cached, all else is passed."""

from cdktf_cdktf_provider_aws.cloudfront_distribution import (
    CloudfrontDistribution,
    CloudfrontDistributionCustomErrorResponse,
    CloudfrontDistributionDefaultCacheBehavior,
    CloudfrontDistributionOrderedCacheBehavior,
    CloudfrontDistributionOrderedCacheBehaviorForwardedValues,
    CloudfrontDistributionOrderedCacheBehaviorForwardedValuesCookies,
    CloudfrontDistributionOrigin,
    CloudfrontDistributionOriginCustomOriginConfig,
    CloudfrontDistributionRestrictions,
    CloudfrontDistributionRestrictionsGeoRestriction,
    CloudfrontDistributionViewerCertificate,
)
from constructs import Construct

from modules.base.address import address
from modules.context import Context
from modules.edge.load_balancer import LoadBalancer

# What Next.js names by its content, and says may be kept for a year.
CACHED = "/_next/static/*"
_A_YEAR_SECONDS = 31_536_000
# AWS's own policies: CachingDisabled, and AllViewer, which passes Host, cookies, the query and what opens a
# websocket.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
_CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
_ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
# CloudFront would keep an error for ten seconds, by its path alone: one user's for another.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
_ERRORS = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)
# What a distribution waits for the first byte, at most without a raised quota.
_LONGEST_WAIT_SECONDS = 60
_ORIGIN = "load-balancer"


class Cdn(Construct):
    """A distribution whose only origin is the load balancer, met over TLS by the domain's own certificate.

    Nothing but the network keeps others away from the load balancer: a header that proves CloudFront would be
    a secret in the state. IPv6 is off, as before the load balancer: no record leads there.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        domain_names: list[str],
        certificate_arn: str,
        load_balancer: LoadBalancer,
        web_acl_arn: str | None,
    ) -> None:
        super().__init__(scope, id_)
        self.distribution = address("main", CloudfrontDistribution)(
            self,
            "distribution",
            enabled=True,
            aliases=domain_names,
            # By this the distribution is found again.
            comment=context.names.cdn,
            http_version="http2and3",
            is_ipv6_enabled=False,
            web_acl_id=web_acl_arn,
            origin=[
                CloudfrontDistributionOrigin(
                    origin_id=_ORIGIN,
                    domain_name=load_balancer.load_balancer.dns_name,
                    custom_origin_config=CloudfrontDistributionOriginCustomOriginConfig(
                        http_port=80,
                        https_port=443,
                        origin_protocol_policy="https-only",
                        origin_ssl_protocols=["TLSv1.2"],
                        origin_read_timeout=_LONGEST_WAIT_SECONDS,
                        # Below the load balancer's own, which would else close what is about to be used.
                        origin_keepalive_timeout=min(
                            _LONGEST_WAIT_SECONDS,
                            max(load_balancer.idle_timeout_seconds - 1, 1),
                        ),
                    ),
                )
            ],
            default_cache_behavior=CloudfrontDistributionDefaultCacheBehavior(
                target_origin_id=_ORIGIN,
                viewer_protocol_policy="redirect-to-https",
                allowed_methods=["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"],
                cached_methods=["GET", "HEAD"],
                cache_policy_id=_CACHING_DISABLED,
                origin_request_policy_id=_ALL_VIEWER,
            ),
            ordered_cache_behavior=[_kept_as_the_application_says()],
            custom_error_response=[
                CloudfrontDistributionCustomErrorResponse(error_code=code, error_caching_min_ttl=0)
                for code in _ERRORS
            ],
            restrictions=CloudfrontDistributionRestrictions(
                geo_restriction=CloudfrontDistributionRestrictionsGeoRestriction(
                    restriction_type="none"
                )
            ),
            viewer_certificate=CloudfrontDistributionViewerCertificate(
                acm_certificate_arn=certificate_arn,
                ssl_support_method="sni-only",
                minimum_protocol_version="TLSv1.2_2021",
            ),
            tags={"Name": context.names.cdn},
        )


def _kept_as_the_application_says() -> CloudfrontDistributionOrderedCacheBehavior:
    """Cache for as long as Cache-Control says, and what says nothing not at all.

    AWS's own policies would keep that for a day, a redirect too, and for all names of the domain alike: here
    Host is part of the key. A policy of the stage's own would be one more object to look after.
    """
    return CloudfrontDistributionOrderedCacheBehavior(
        path_pattern=CACHED,
        target_origin_id=_ORIGIN,
        viewer_protocol_policy="redirect-to-https",
        allowed_methods=["GET", "HEAD"],
        cached_methods=["GET", "HEAD"],
        compress=True,
        min_ttl=0,
        default_ttl=0,
        max_ttl=_A_YEAR_SECONDS,
        forwarded_values=CloudfrontDistributionOrderedCacheBehaviorForwardedValues(
            query_string=True,
            headers=["Host"],
            cookies=CloudfrontDistributionOrderedCacheBehaviorForwardedValuesCookies(
                forward="none"
            ),
        ),
    )
