"""The web firewall."""

from typing import Final

from aws.client import Clients, region_of
from aws.resources.call import Call
from aws.resources.document import DocumentReader, held_in_row, some_of
from aws.resources.row import ResourceType

_OF_LOGGING: Final = ("log_destination_configs", "redacted_fields", "logging_filter")
# AWS tells of what is for CloudFront there alone.
_OF_CLOUDFRONT: Final = "us-east-1"
_NO_ACL: Final = frozenset({"WAFNonexistentItemException"})


def _region(sought: str) -> str | None:
    """Return where AWS tells of a scope or of an ARN, if it is not told in the stage's region."""
    return _OF_CLOUDFRONT if sought == "CLOUDFRONT" or ":global/" in sought else None


def _scopes(clients: Clients) -> tuple[str, ...]:
    here = region_of(clients) == _OF_CLOUDFRONT
    return ("REGIONAL", "CLOUDFRONT") if here else ("REGIONAL",)


def _in_scope(type_: str, operation: str, result: str, *, protects: bool) -> ResourceType:
    return ResourceType(
        type=type_,
        free=not protects,
        key=("scope", "name"),
        refuses_double=True,
        attributes={"id": "Id", "arn": "ARN", "name": "Name", "scope": "Scope"},
        import_id="{id}/{name}/{scope}",
        listing=Call(
            service="wafv2",
            operation=operation,
            result=result,
            # One page holds as many as AWS allows in a region.
            parameters={"Scope": "{}", "Limit": 100},
            answered_in=_region,
        ),
        owners=_scopes,
        protects=protects,
    )


WAFV2: Final = (
    _in_scope("aws_wafv2_ip_set", "ListIPSets", "IPSets", protects=False),
    _in_scope("aws_wafv2_web_acl", "ListWebACLs", "WebACLs", protects=True),
    ResourceType(
        type="aws_wafv2_web_acl_association",
        free=True,
        key=("resource_arn", "web_acl_arn"),
        attributes={"resource_arn": "ResourceArn", "web_acl_arn": "ARN"},
        import_id="{web_acl_arn},{resource_arn}",
        is_part=True,
        listing=Call(
            "wafv2", "GetWebACLForResource", "WebACL", {"ResourceArn": "{}"}, absent=_NO_ACL
        ),
        protects=True,
        overwrites=True,
        unread="it is of a load balancer, which is new: one of its name is refused",
    ),
    ResourceType(
        type="aws_wafv2_web_acl_logging_configuration",
        free=True,
        key=("resource_arn",),
        attributes={"id": "ResourceArn", "resource_arn": "ResourceArn"},
        import_id="{resource_arn}",
        is_part=True,
        listing=Call(
            "wafv2",
            "GetLoggingConfiguration",
            "LoggingConfiguration",
            {"ResourceArn": "{}"},
            absent=_NO_ACL,
            single=True,
            answered_in=_region,
        ),
        overwrites=True,
        document=DocumentReader(
            held=held_in_row(lambda found: some_of(found, _OF_LOGGING)),
            planned=lambda after: (
                some_of(after, _OF_LOGGING) if after.get("log_destination_configs") else None
            ),
        ),
    ),
)
