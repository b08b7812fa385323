"""What a VPC and its subnets can be."""

import difflib
import ipaddress
import re

from modules.settings.rules.refusal import Refusal

# https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
LARGEST_VPC_PREFIX, SMALLEST_VPC_PREFIX = 16, 28
# Addresses that no host can have: https://www.iana.org/assignments/iana-ipv4-special-registry. At the
# link-local ones AWS itself answers, with metadata, names and time. It takes public addresses, and shared
# ones (100.64.0.0/10): https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
_NOT_FOR_HOSTS = {
    ipaddress.IPv4Network("0.0.0.0/8"): "this network",
    ipaddress.IPv4Network("127.0.0.0/8"): "the host itself",
    ipaddress.IPv4Network("169.254.0.0/16"): "link-local addresses, which AWS uses itself",
    ipaddress.IPv4Network("224.0.0.0/4"): "multicast",
    ipaddress.IPv4Network("240.0.0.0/4"): "nothing yet",
}

# The regions of AWS's commercial partition: https://docs.aws.amazon.com/global-infrastructure/latest/regions/.
# Terraform's provider refuses regions that it does not know, too.
REGIONS = (
    "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
    "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4",
    "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-central-1", "ca-west-1", "eu-central-1",
    "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3",
    "il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2",
    "us-west-1", "us-west-2",
)  # fmt: skip

_OTHER_PARTITIONS = ("cn-", "us-gov-", "us-iso", "eu-iso", "eusc-")


def vpc_block(block: str) -> Refusal | None:
    """Refuse what is no IPv4 block of a VPC, in the form that AWS takes."""
    try:
        network = ipaddress.IPv4Network(block)
    except ValueError as error:
        return Refusal(
            allowed="an IPv4 block in CIDR notation whose host bits are zero",
            remedy=f'write it as in "10.0.0.0/16" ({error})',
        )
    inside = LARGEST_VPC_PREFIX <= network.prefixlen <= SMALLEST_VPC_PREFIX
    if block != str(network) or not inside:
        return Refusal(
            allowed=f"a block in CIDR notation of /{LARGEST_VPC_PREFIX} to /{SMALLEST_VPC_PREFIX}, AWS's "
            "limits for a VPC",
            remedy='write it as in "10.0.0.0/16"',
        )
    for kept, purpose in _NOT_FOR_HOSTS.items():
        if network.overlaps(kept):
            return Refusal(
                allowed=f"a block outside of {kept}, which is for {purpose}",
                remedy='use a private one, as in "10.0.0.0/16"',
            )
    return None


def availability_zone(zone: str, *, region: str) -> Refusal | None:
    """Refuse all but the region's own zones: NAT gateways, load balancers and RDS are in no other.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-regions-availability-zones.html
    """
    if re.fullmatch(rf"{re.escape(region)}[a-z]", zone):
        return None
    remedy = f'name zones as in "{region}a"'
    if zone.startswith(f"{region}-"):
        kind = "a wavelength zone" if "-wl" in zone else "a local zone"
        return Refusal(
            allowed=f"availability zones of {region}; this is {kind}, which has no NAT gateway and no RDS",
            remedy=remedy,
        )
    return Refusal(allowed=f"zones of {region}", remedy=remedy)


def region(name: str) -> Refusal | None:
    """Refuse what is no region of AWS's commercial partition."""
    if name in REGIONS:
        return None
    typed = name.strip().lower()
    typed = typed[:-1] if re.search(r"\d[a-z]$", typed) else typed  # a zone
    elsewhere = typed.startswith(_OTHER_PARTITIONS)
    swapped = [each for each in REGIONS if sorted(each) == sorted(typed)]
    close = [] if elsewhere else swapped or difflib.get_close_matches(typed, REGIONS, n=1)
    return Refusal(
        allowed="the name of an AWS region, other than those of China and of governments",
        remedy=f'write "{close[0]}"' if close else 'write it as in "us-east-1"',
    )
