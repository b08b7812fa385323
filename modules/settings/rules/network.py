"""What a VPC and its subnets can be."""

import difflib
import ipaddress
import re

from modules.base.partition import regions
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

# https://www.rfc-editor.org/rfc/rfc1918
_INSIDE = tuple(
    ipaddress.IPv4Network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
)

# Their services and principals have other names.
_OTHER_PARTITIONS = ("us-iso", "eu-iso", "eusc-")


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


def public_address(text: str) -> Refusal | None:
    """Refuse what is no address, or one of those inside a network, where a gateway has one too."""
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        address = None
    if address is None or any(address in each for each in _INSIDE):
        return Refusal(
            allowed="a public IPv4 address", remedy='write it as in "203.0.113.10", without /32'
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
    """Refuse what is no region of the partitions that a stage can be in."""
    known = regions()
    if name in known:
        return None
    typed = name.strip().lower()
    typed = typed[:-1] if re.search(r"\d[a-z]$", typed) else typed  # a zone
    elsewhere = typed.startswith(_OTHER_PARTITIONS)
    swapped = [each for each in known if sorted(each) == sorted(typed)]
    close = [] if elsewhere else swapped or difflib.get_close_matches(typed, known, n=1)
    return Refusal(
        allowed="the name of an AWS region, other than the isolated ones and the European Sovereign Cloud's",
        remedy=f'write "{close[0]}"' if close else 'write it as in "us-east-1"',
    )
