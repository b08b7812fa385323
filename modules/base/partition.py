"""AWS's partitions, from the region by botocore's tables: how ARNs begin, how hosts end, what there is.

Read as files: importing botocore's own reader takes a third of a second.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

# Those of governments behind a wall and of the European Sovereign Cloud call services by other names.
KNOWN: Final = ("aws", "aws-cn", "aws-us-gov")
# Where CloudFront takes certificates and firewalls from, wherever the stage is.
GLOBAL_REGION: Final = "us-east-1"
# Where a person sees the region's objects.
# https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-Beijing.html
# https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/getting-started-sign-in.html
_CONSOLES: Final = {
    "aws": "{region}.console.aws.amazon.com",
    "aws-cn": "{region}.console.amazonaws.cn",
    "aws-us-gov": "{region}.console.amazonaws-us-gov.com",
}


def regions() -> Mapping[str, str]:
    """Return the partition of each region of the partitions that a stage can be in."""
    return {
        region: each["id"]
        for each in _table("partitions")
        if each["id"] in KNOWN
        for region in sorted(each["regions"])
        if not region.endswith("-global")
    }


def arn(region: str, rest: str) -> str:
    """Return the ARN whose third part and all after it are `rest`, in the region's partition."""
    return f"arn:{regions()[region]}:{rest}"


def host(service: str, region: str) -> str:
    """Return what a service is called in a region, as a host and as a principal that has one in each."""
    return f"{service}.{region}.{_suffix(region)}"


def console(region: str) -> str:
    """Return the host of AWS's console."""
    return _CONSOLES[regions()[region]].format(region=region)


def has(service: str, region: str) -> bool:
    """Return whether a region has a service, by the name that its endpoint has, or its partition has it."""
    table = next(each for each in _table("endpoints") if each["partition"] == regions()[region])
    found = table["services"].get(service, {})
    return region in found.get("endpoints", {}) or "partitionEndpoint" in found


def _suffix(region: str) -> str:
    suffix: str = next(
        each["outputs"]["dnsSuffix"]
        for each in _table("partitions")
        if each["id"] == regions()[region]
    )
    return suffix


@cache
def _table(name: str) -> list[dict[str, Any]]:
    text = files("botocore").joinpath("data", f"{name}.json").read_text(encoding="utf-8")
    partitions: list[dict[str, Any]] = json.loads(text)["partitions"]
    return partitions
