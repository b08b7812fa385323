"""CloudFront: a distribution has no name, so it is told by its comment, and AWS by its domain names."""

from typing import Final

from aws.resources.call import Call
from aws.resources.row import ResourceType

DISTRIBUTION: Final = ResourceType(
    type="aws_cloudfront_distribution",
    key=("comment",),
    # AWS gives a domain name to one distribution alone.
    refuses_double=True,
    attributes={
        "id": "Id",
        "arn": "ARN",
        "comment": "Comment",
        "domain_name": "DomainName",
    },
    listing=Call("cloudfront", "ListDistributions", "DistributionList.Items"),
    kept_in_state={"retain_on_delete": False, "wait_for_deployment": True},
)

CLOUDFRONT: Final = (DISTRIBUTION,)
