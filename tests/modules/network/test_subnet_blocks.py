"""How the VPC's block is cut into subnets."""

import os
from collections.abc import Callable

import pytest

from synth.bindings import accelerate

# cidrsubnet(block, newbits, netnum); the first two are the examples of Terraform's documentation.
# https://developer.hashicorp.com/terraform/language/functions/cidrsubnet
CIDRSUBNET = {
    ("172.16.0.0/12", 4, 2): "172.18.0.0/16",
    ("10.1.2.0/24", 4, 15): "10.1.2.240/28",
    ("10.0.0.0/16", 8, 0): "10.0.0.0/24",
    ("10.42.0.0/16", 8, 5): "10.42.5.0/24",
    ("192.168.4.0/22", 3, 3): "192.168.5.128/25",
    ("10.0.0.0/25", 2, 3): "10.0.0.96/27",
}


@pytest.fixture(scope="module")
def subnet_blocks() -> Callable[[str, int, int], list[str]]:
    accelerate(os.environ)
    from modules.network import network  # noqa: PLC0415  # starts the jsii kernel

    return network.subnet_blocks


@pytest.mark.jsii
@pytest.mark.parametrize(("block", "newbits", "netnum"), CIDRSUBNET)
def test_a_subnet_is_terraforms_cidrsubnet(
    subnet_blocks: Callable[[str, int, int], list[str]], block: str, newbits: int, netnum: int
) -> None:
    *_, subnet = subnet_blocks(block, newbits, netnum + 1)

    assert subnet == CIDRSUBNET[block, newbits, netnum]


@pytest.mark.jsii
def test_subnets_are_as_many_as_asked_for_in_order(
    subnet_blocks: Callable[[str, int, int], list[str]],
) -> None:
    assert subnet_blocks("10.0.0.0/16", 8, 3) == ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"]
