"""The names by which services reach each other inside the VPC: whether a task can find them."""

from dataclasses import dataclass

from aws.resources import RESOURCES
from ops.deployed import Deployed
from ops.doctor.finding import Finding, attention, fine

_NAMESPACE = "aws_service_discovery_private_dns_namespace"
# What AWS's own options name; a VPC without any answers the same way.
_AMAZONS = "AmazonProvidedDNS"


@dataclass(frozen=True, kw_only=True)
class NameFacts:
    """The private namespace, and what the VPC's DHCP options tell a task of DNS."""

    namespace: str
    exists: bool
    servers: tuple[str, ...] = (_AMAZONS,)
    searched: tuple[str, ...] = ()


def gather(deployed: Deployed) -> NameFacts:
    """Ask Cloud Map for the namespace and EC2 for its VPC's options. Raises UserError when AWS refuses."""
    namespace = deployed.names.namespace
    found = RESOURCES[_NAMESPACE].listed(deployed.clients, namespace)
    vpc = next((each.attributes["vpc"] for each in found if "vpc" in each.attributes), None)
    if vpc is None:
        return NameFacts(namespace=namespace, exists=bool(found))
    (row,) = deployed.ask("ec2", "DescribeVpcs", VpcIds=[vpc])["Vpcs"]
    options = deployed.ask("ec2", "DescribeDhcpOptions")["DhcpOptions"]
    told = {
        each["Key"]: tuple(value["Value"] for value in each["Values"])
        for one in options
        if one["DhcpOptionsId"] == row.get("DhcpOptionsId")
        for each in one["DhcpConfigurations"]
    }
    return NameFacts(
        namespace=namespace,
        exists=True,
        servers=told.get("domain-name-servers", (_AMAZONS,)),
        # Linux takes several names with spaces between them.
        searched=tuple(" ".join(told.get("domain-name", ())).split()),
    )


def judge_names(facts: NameFacts, *, chosen: bool | None, stack: str) -> list[Finding]:
    """Judge whether full names are found, and the bare one that the application's source holds.

    `chosen` is the stage's `network.search_domain`: who has said either way knows what it means.
    """
    name = "names inside"
    if not facts.exists:
        what = f"the namespace {facts.namespace} does not exist"
        return [attention(name, what, f"cdktf deploy {stack}")]
    if _AMAZONS not in facts.servers:
        what = f"the VPC's DNS servers are {', '.join(facts.servers)}, which do not know {facts.namespace}"
        remedy = "let them forward it to Amazon's resolver, or set network.search_domain = true"
        return [attention(name, what, remedy)]
    if facts.namespace in facts.searched:
        return [fine(name, f"{facts.namespace} is there, and tasks search it")]
    if chosen is None:
        what = f"tasks do not search {facts.namespace}: http://supertokens:3567 of app is not found"
        remedy = (
            "set network.search_domain = true, which gives the VPC options of the stage's own; or let the "
            "application read SUPERTOKENS_CONNECTION_URI, and set it to false"
        )
        return [attention(name, what, remedy)]
    return [fine(name, f"{facts.namespace} is there; tasks find full names alone")]
