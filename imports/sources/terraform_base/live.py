"""Finds the configured objects in live AWS, for a legacy base whose state is lost.

Each object is found one to one or not at all: two that could be it are a problem, and so is a
name that is not fully known. Nothing is changed in AWS and no secret's value is read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from aws.client import Clients, account_of, ask, region_of
from aws.resources import RESOURCES, import_id
from common.errors import UserError, one_line, shorten
from imports.sources.terraform_base.hcl.data import Facts
from imports.sources.terraform_base.legacy_hcl import ConfiguredObject, LegacyConfiguration
from imports.sources.terraform_base.live_named import NAMED_RULES
from imports.sources.terraform_base.live_network import NETWORK_RULES
from imports.sources.terraform_base.live_rows import Rows, read_rows
from imports.sources.terraform_base.live_search import (
    AMBIGUOUS,
    UNRESOLVED,
    Attributes,
    NoMatchError,
    ProblemKind,
    Rule,
    Search,
)
from imports.sources.terraform_base.mapping import ADOPTED, new_address
from terraform.addresses import address_order

__all__ = ["Clients", "Discovery", "Problem", "account_facts", "discover", "match"]

_RULES: Final[Mapping[str, Rule]] = {**NETWORK_RULES, **NAMED_RULES}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """An object that was not found: at which legacy address, what was looked for, what is there.

    `missing` is in AWS no more, `ambiguous` is there more than once, `unresolved` cannot be
    looked for, because what would tell it apart is not known.
    """

    address: str
    kind: ProblemKind
    sought: str
    found: str
    remedy: str

    def __str__(self) -> str:
        """Return the problem in one line."""
        return one_line(
            f"{self.address} is {self.kind}: looked for {self.sought}; found {self.found}; "
            f"{self.remedy}"
        )


@dataclass(frozen=True, kw_only=True)
class Discovery:
    """What was found, sorted by legacy address, and what was not.

    `attributes` hold for each object what its import id is made of, and what others refer to.
    """

    attributes: Mapping[str, Attributes] = field(repr=False)
    problems: tuple[Problem, ...]


def discover(configuration: LegacyConfiguration, clients: Clients) -> Discovery:
    """Find every object of the configuration that is adopted, and say which are not found.

    Raises UserError when AWS refuses a call, or when the clients work in another region than
    the configuration.
    """
    region = region_of(clients)
    _check_region(configuration, region)
    wanted = [each for each in configuration.objects if _adopted(each)]
    rows = read_rows(
        clients,
        types={each.type for each in wanted},
        buckets=_names(wanted, "bucket", of="aws_s3_bucket"),
        clusters=_names(wanted, "name", of="aws_ecs_cluster"),
    )
    found = match(wanted, rows, region=region)
    problems = (*found.problems, *_uncounted(configuration))
    return Discovery(
        attributes=found.attributes,
        problems=tuple(sorted(problems, key=lambda each: address_order(each.address))),
    )


def match(objects: Sequence[ConfiguredObject], rows: Rows, *, region: str) -> Discovery:
    """Tell the objects apart among the rows, one to one, without asking AWS."""
    known: dict[str, Attributes] = {}
    problems: list[Problem] = []
    search = Search(region=region, objects=objects, rows=rows, known=known)
    order = {type_: position for position, type_ in enumerate(_RULES)}
    for wanted in sorted(objects, key=lambda each: order[each.type]):
        try:
            _check_provider(wanted)
            known[wanted.address] = _RULES[wanted.type](search, wanted)
        except NoMatchError as error:
            problems.append(
                Problem(
                    address=wanted.address,
                    kind=error.kind,
                    sought=error.sought,
                    found=error.found,
                    remedy=error.remedy,
                )
            )
    shared = list(_shared(objects, known))
    for problem in shared:
        del known[problem.address]
    return Discovery(
        attributes={address: known[address] for address in sorted(known, key=address_order)},
        problems=tuple(sorted((*problems, *shared), key=lambda each: address_order(each.address))),
    )


def account_facts(clients: Clients, region: str) -> Facts:
    """Return the account's id, and the zones that `region` lists for everybody, in AWS's order.

    Raises UserError when AWS refuses a call, or when the clients work in another region.
    """
    _check_same(region_of(clients), region)
    listed = ask(clients, "ec2", "DescribeAvailabilityZones")["AvailabilityZones"]
    return Facts(
        account_id=account_of(clients),
        region=region,
        zones=tuple(
            zone["ZoneName"]
            for zone in listed
            if zone.get("State", "available") == "available"
            and zone.get("OptInStatus", "opt-in-not-required") == "opt-in-not-required"
        ),
    )


def _adopted(each: ConfiguredObject) -> bool:
    address = new_address(type_=each.type, name=each.name, index=each.index, module="")
    return address is not None


def _names(objects: Iterable[ConfiguredObject], argument: str, *, of: str) -> set[str]:
    # Only what the configuration says by itself; whatever refers to one of these has its name.
    return {
        name
        for each in objects
        if each.type.startswith(of) and isinstance(name := each.arguments.get(argument), str)
    }


def _uncounted(configuration: LegacyConfiguration) -> Iterator[Problem]:
    for gap in configuration.unresolved:
        if gap.address in ADOPTED and gap.attribute in {"count", "for_each"}:
            yield Problem(
                address=gap.address,
                kind="unresolved",
                sought=f"how many of it the {gap.attribute} asks for",
                found=gap.reason,
                remedy=UNRESOLVED,
            )


def _check_region(configuration: LegacyConfiguration, region: str) -> None:
    for provider in configuration.providers:
        configured = provider.arguments.get("region")
        if provider.name == "aws" and isinstance(configured, str):
            _check_same(region, configured)


def _check_same(region: str, wanted: str) -> None:
    if region != wanted:
        raise UserError(
            f"the legacy base is in {shorten(wanted)}, but {shorten(region)} was to be searched: "
            f"set AWS_REGION to {shorten(wanted)}"
        )


def _check_provider(wanted: ConfiguredObject) -> None:
    if wanted.provider != "aws":
        raise NoMatchError(
            "unresolved",
            sought=f"the {RESOURCES[wanted.type].label}",
            found=f"it is made by the provider {wanted.provider}, and only the default one's "
            "account and region are searched",
            remedy="give the legacy state with --state",
        )


def _shared(
    objects: Sequence[ConfiguredObject], known: Mapping[str, Attributes]
) -> Iterator[Problem]:
    """Yield a problem for each of the addresses that lead to the same object."""
    identities = sorted(
        ((each.type, import_id(each.type, known[each.address])), each.address)
        for each in objects
        if each.address in known
    )
    for (type_, id_), group in groupby(identities, key=lambda each: each[0]):
        addresses = sorted((address for _, address in group), key=address_order)
        for address in addresses if len(addresses) > 1 else ():
            yield Problem(
                address=address,
                kind="ambiguous",
                sought=f"{RESOURCES[type_].one} of its own",
                found=f"{id_}, which {' and '.join(addresses)} all lead to",
                remedy=AMBIGUOUS,
            )
