"""The data sources whose answers follow from a few facts, without asking AWS for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from imports.sources.terraform_base.hcl.functions import call
from imports.sources.terraform_base.hcl.policy_document import POLICY_DOCUMENT
from imports.sources.terraform_base.hcl.values import Unknown, Value, is_marker


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the caller knows about the account; None for what is not known (yet).

    `zones` are the availability zones that the region lists for everybody, in its order.
    """

    account_id: str | None = None
    region: str | None = None
    zones: tuple[str, ...] | None = None


def data_attribute(kind: str, name: str, arguments: Mapping[str, Value], facts: Facts) -> Value:
    """Return the attribute `name` of a data source of type `kind`, or an Unknown."""
    known = _SOURCES[kind](arguments, facts) if kind in _SOURCES else {}
    if name in known:
        return known[name]
    if name in arguments:
        return arguments[name]
    return Unknown(f"{name} of the data source {kind} is not read")


def _zones(arguments: Mapping[str, Value], facts: Facts) -> dict[str, Value]:
    excluded = arguments.get("exclude_names", [])
    filters = arguments.get("filter", [])
    narrowed = not isinstance(excluded, list) or not isinstance(filters, list)
    if isinstance(filters, list):
        narrowed = narrowed or not all(map(_lists_the_usual_zones, filters))
    narrowed = narrowed or "exclude_zone_ids" in arguments or "all_availability_zones" in arguments
    if narrowed or not isinstance(excluded, list):
        return {"names": Unknown("the zones are narrowed down in a way only AWS can answer")}
    if facts.zones is None:
        return {"names": _not_given("list of zones")}
    return {"names": [z for z in facts.zones if z not in excluded], "id": _region(facts)}


def _lists_the_usual_zones(block: Value) -> bool:
    # The zones given are those no account has to opt in to, which is what this filter asks for.
    return (
        isinstance(block, dict)
        and block.get("name") == "opt-in-status"
        and block.get("values") == ["opt-in-not-required"]
    )


def _identity(_: Mapping[str, Value], facts: Facts) -> dict[str, Value]:
    account: Value = _not_given("account id") if facts.account_id is None else facts.account_id
    return {"account_id": account, "id": account}


def _region_source(arguments: Mapping[str, Value], facts: Facts) -> dict[str, Value]:
    region = arguments.get("name", _region(facts))
    return {"name": region, "id": region, "region": region}


def _partition(_: Mapping[str, Value], facts: Facts) -> dict[str, Value]:
    if facts.region is None:
        return dict.fromkeys(("partition", "id", "dns_suffix"), _not_given("region"))
    starts = {"cn-": ("aws-cn", "amazonaws.com.cn"), "us-gov-": ("aws-us-gov", "amazonaws.com")}
    found = (names for start, names in starts.items() if facts.region.startswith(start))
    partition, suffix = next(found, ("aws", "amazonaws.com"))
    reverse = ".".join(reversed(suffix.split(".")))
    return {
        "partition": partition,
        "id": partition,
        "dns_suffix": suffix,
        "reverse_dns_prefix": reverse,
    }


def _policy(arguments: Mapping[str, Value], _: Facts) -> dict[str, Value]:
    document = call(POLICY_DOCUMENT, (dict(arguments),))
    minified = call("jsonencode", (call("jsondecode", (document,)),))
    return {"json": document, "minified_json": minified if not is_marker(document) else document}


def _region(facts: Facts) -> Value:
    return _not_given("region") if facts.region is None else facts.region


def _not_given(what: str) -> Unknown:
    return Unknown(f"the {what} is not known yet")


_SOURCES: Final = {
    "aws_availability_zones": _zones,
    "aws_caller_identity": _identity,
    "aws_iam_policy_document": _policy,
    "aws_partition": _partition,
    "aws_region": _region_source,
}
