"""The rules of AWS's managed groups that the firewall uses, by their exact names.

https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-ip-rep.html
"""

from collections.abc import Mapping
from typing import Literal, get_args

# What judges a body, a long query string or a missing user agent: HTML in a GraphQL body is no attack,
# uploads are large, and a program sends no user agent.
CountedRule = Literal[
    "CrossSiteScripting_BODY",
    "EC2MetaDataSSRF_BODY",
    "GenericRFI_BODY",
    "NoUserAgent_HEADER",
    "SizeRestrictions_BODY",
    "SizeRestrictions_QUERYSTRING",
]
COUNTED: tuple[CountedRule, ...] = get_args(CountedRule)
RULES_OF_GROUPS: Mapping[str, frozenset[str]] = {
    "AWSManagedRulesAmazonIpReputationList": frozenset(
        {
            "AWSManagedIPReputationList",
            "AWSManagedReconnaissanceList",
            "AWSManagedIPDDoSList",
        }
    ),
    "AWSManagedRulesKnownBadInputsRuleSet": frozenset(
        {
            "ExploitablePaths_URIPATH",
            "Host_localhost_HEADER",
            "JavaDeserializationRCE_BODY",
            "JavaDeserializationRCE_HEADER",
            "JavaDeserializationRCE_QUERYSTRING",
            "JavaDeserializationRCE_URIPATH",
            "Log4JRCE_BODY",
            "Log4JRCE_HEADER",
            "Log4JRCE_QUERYSTRING",
            "Log4JRCE_URIPATH",
            "PROPFIND_METHOD",
            "ReactJSRCE_BODY",
        }
    ),
    "AWSManagedRulesCommonRuleSet": frozenset(
        {
            "CrossSiteScripting_BODY",
            "CrossSiteScripting_COOKIE",
            "CrossSiteScripting_QUERYARGUMENTS",
            "CrossSiteScripting_URIPATH",
            "EC2MetaDataSSRF_BODY",
            "EC2MetaDataSSRF_COOKIE",
            "EC2MetaDataSSRF_QUERYARGUMENTS",
            "EC2MetaDataSSRF_URIPATH",
            "GenericLFI_BODY",
            "GenericLFI_QUERYARGUMENTS",
            "GenericLFI_URIPATH",
            "GenericRFI_BODY",
            "GenericRFI_QUERYARGUMENTS",
            "GenericRFI_URIPATH",
            "NoUserAgent_HEADER",
            "RestrictedExtensions_QUERYARGUMENTS",
            "RestrictedExtensions_URIPATH",
            "SizeRestrictions_BODY",
            "SizeRestrictions_Cookie_HEADER",
            "SizeRestrictions_QUERYSTRING",
            "SizeRestrictions_URIPATH",
            "UserAgent_BadBots_HEADER",
        }
    ),
}
