"""Finds the configured objects in live AWS, for a legacy base whose state is lost.

Each object is found one to one or not at all: two that could be it are an error, and so is a
name that is not fully known. Nothing is changed in AWS and no secret's value is read.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Final

from aws.client import Clients, region_of
from aws.resources import RESOURCES
from aws.resources.document import Attributes
from aws.resources.row import Live
from common.errors import UserError, shorten
from imports.existing import BUCKET, CLUSTER, Existing, read_existing
from imports.sources.terraform_base.live_rules import RULES
from imports.sources.terraform_base.live_search import (
    AMBIGUOUS,
    DiscoveryError,
    NoMatchError,
    Search,
)
from imports.sources.terraform_base.mapping import find_base
from imports.sources.terraform_base.planned import (
    ConfiguredObject,
    LegacyConfiguration,
    is_known,
)
from terraform.addresses import address_order

Evaluate = Callable[[Mapping[str, str]], LegacyConfiguration]
"""Takes import ids by address; returns the configuration as it is with these objects in place."""

# What objects of a type are told by may be made of an object of these types.
_MADE_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "aws_subnet": ("aws_vpc",),
    "aws_internet_gateway": ("aws_vpc",),
    "aws_security_group": ("aws_vpc",),
    "aws_route_table": ("aws_vpc",),
    "aws_nat_gateway": ("aws_subnet", "aws_eip"),
    "aws_route_table_association": ("aws_subnet", "aws_route_table"),
    "aws_s3_bucket_versioning": ("aws_s3_bucket",),
    "aws_s3_bucket_public_access_block": ("aws_s3_bucket",),
    "aws_s3_bucket_server_side_encryption_configuration": ("aws_s3_bucket",),
    "aws_iam_role_policy_attachment": ("aws_iam_role", "aws_iam_policy"),
}
_IDENTIFYING: Final = (
    "allocation_id",
    "bucket",
    "cidr_block",
    "identifier",
    "name",
    "policy_arn",
    "role",
    "route_table_id",
    "subnet_id",
    "tags",
    "vpc_id",
)
# A chain is three long: network, subnet, gateway. What is told wrong at first takes a round more.
_ROUNDS: Final = 6


@dataclass(frozen=True, kw_only=True)
class Discovery:
    """What was found, sorted by legacy address, and what was not."""

    objects: Mapping[str, Live] = field(repr=False)
    errors: tuple[DiscoveryError, ...]

    @property
    def attributes(self) -> Mapping[str, Attributes]:
        """What an import id is made of, and what others refer to."""
        return {address: live.attributes for address, live in self.objects.items()}


def discover(configuration: LegacyConfiguration, clients: Clients, evaluate: Evaluate) -> Discovery:
    """Find every object of the configuration that is adopted, and say which are not found.

    Raises UserError when AWS refuses a call, or when the clients work in another region than
    the configuration, and what `evaluate` raises.
    """
    region = region_of(clients)
    _check_region(configuration, region)
    base = find_base(configuration.objects)
    wanted = [each for each in configuration.objects if base.address(each)]
    existing = read_existing(
        clients,
        types={each.type for each in wanted},
        buckets=_names(wanted, "bucket", of=BUCKET),
        clusters=_names(wanted, "name", of=CLUSTER),
    )
    return find_in(existing, wanted, region=region, evaluate=evaluate)


def find_in(
    existing: Existing, wanted: Sequence[ConfiguredObject], *, region: str, evaluate: Evaluate
) -> Discovery:
    """Find the objects among those that exist, without asking AWS.

    What is found first tells `evaluate`, and so what others are made of, until nothing new comes of it.
    """
    told: Mapping[str, str] = {}
    evaluated: Sequence[ConfiguredObject] = wanted
    for _ in range(_ROUNDS):
        found = _match(evaluated, existing, region=region, told=told)
        news = _telling(evaluated, found)
        agrees = all(news.get(address) == id_ for address, id_ in told.items())
        if news == told or (agrees and not any(map(_waits, evaluated))):
            return found
        told = news
        evaluated = _filled_in(wanted, evaluate(told))
    return _match(evaluated, existing, region=region, told=told)


def _match(
    objects: Sequence[ConfiguredObject],
    existing: Existing,
    *,
    region: str,
    told: Mapping[str, str],
) -> Discovery:
    """Tell the objects apart among those that exist, one to one, without asking AWS.

    `told` are the import ids, by address, that the objects' arguments were evaluated with.
    """
    known: dict[str, Live] = {}
    errors: list[DiscoveryError] = []
    search = Search(region=region, objects=objects, existing=existing, known=known, told=told)
    order = {type_: position for position, type_ in enumerate(RULES)}
    for wanted in sorted(objects, key=lambda each: order[each.type]):
        try:
            _check_provider(wanted)
            known[wanted.address] = RULES[wanted.type](search, wanted)
        except NoMatchError as error:
            errors.append(error.error)
    shared = list(_shared(objects, known))
    for each in shared:
        del known[each.address]
    return Discovery(
        objects={address: known[address] for address in sorted(known, key=address_order)},
        errors=tuple(sorted((*errors, *shared), key=lambda each: address_order(each.address))),
    )


def _telling(objects: Sequence[ConfiguredObject], found: Discovery) -> dict[str, str]:
    """Return the import ids of what was found and others may be made of."""
    needed = {type_ for each in objects for type_ in _MADE_OF.get(each.type, ())}
    return {
        each.address: found.objects[each.address].import_id
        for each in objects
        if each.type in needed and each.address in found.objects
    }


def _waits(each: ConfiguredObject) -> bool:
    return not all(is_known(each.arguments.get(name)) for name in _IDENTIFYING)


def _filled_in(
    objects: Sequence[ConfiguredObject], evaluated: LegacyConfiguration
) -> list[ConfiguredObject]:
    """Return the objects as configured, and what waited for others as it was evaluated since."""
    since = {each.address: each.arguments for each in evaluated.objects}
    return [
        replace(
            each,
            arguments={
                name: value if is_known(value) else since.get(each.address, {}).get(name, value)
                for name, value in each.arguments.items()
            },
        )
        for each in objects
    ]


def _names(objects: Iterable[ConfiguredObject], argument: str, *, of: str) -> set[str]:
    # Only what the configuration says by itself; whatever refers to one of these has its name.
    return {
        name
        for each in objects
        if each.type.startswith(of) and isinstance(name := each.arguments.get(argument), str)
    }


def _check_region(configuration: LegacyConfiguration, region: str) -> None:
    wanted = configuration.region
    if wanted is not None and region != wanted:
        raise UserError(
            f"the legacy base is in {shorten(wanted)}, but {shorten(region)} was to be searched: "
            f"set AWS_REGION to {shorten(wanted)}"
        )


def _check_provider(wanted: ConfiguredObject) -> None:
    if wanted.provider != "aws":
        raise NoMatchError(
            wanted,
            "unresolved",
            sought=f"the {RESOURCES[wanted.type].label}",
            found=f"it is made by the provider {wanted.provider}, and only the default one's "
            "account and region are searched",
            remedy="give the legacy state with --state",
        )


def _shared(
    objects: Sequence[ConfiguredObject], known: Mapping[str, Live]
) -> Iterator[DiscoveryError]:
    """Yield an error for each of the addresses that lead to the same object."""
    identities = sorted(
        ((each.type, known[each.address].import_id), each.address)
        for each in objects
        if each.address in known
    )
    for (type_, id_), group in groupby(identities, key=lambda each: each[0]):
        addresses = sorted((address for _, address in group), key=address_order)
        for address in addresses if len(addresses) > 1 else ():
            yield DiscoveryError(
                address=address,
                kind="ambiguous",
                sought=f"{RESOURCES[type_].one} of its own",
                found=f"{id_}, which {' and '.join(addresses)} all lead to",
                remedy=AMBIGUOUS,
            )
