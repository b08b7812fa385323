"""What can be wrong between settings that are each right alone.

Longer than others: each check is by itself, and all of them are one list.
"""

import difflib
import ipaddress
import re
from collections.abc import Iterator

from modules.base.naming import Names, limited_names
from modules.base.partition import GLOBAL_REGION, regions
from modules.settings.previews import ROOM
from modules.settings.regional import find_region_errors
from modules.settings.rules import databases, tags
from modules.settings.rules.network import availability_zone
from modules.settings.rules.refusal import Refusal
from modules.settings.rules.storage import BUCKET_STARTS
from modules.settings.schedule import DATABASE_LEAD_MINUTES, minute_of_day
from modules.settings.secret_checks import find_secret_errors
from modules.settings.service_checks import find_service_errors
from modules.settings.services import FIRST_REDIRECT, LAST_PRIORITY, MOST_REDIRECT_RULES
from modules.settings.setting_error import SettingError
from modules.settings.shared_registry import shared_registry
from modules.settings.stage_settings import StageSettings
from modules.settings.stateful import stateful_addresses
from modules.settings.toml_text import toml_value
from modules.settings.windows import window_errors

# A load balancer's subnet has to be a /27 or larger.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
SMALLEST_SUBNET = 27

# What a load balancer's or a security group's name does not begin with:
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
RESERVED_PREFIXES = {
    "internal-": "Elastic Load Balancing keeps for itself",
    "sg-": "EC2 keeps for the ids of security groups",
    **dict.fromkeys(BUCKET_STARTS, "S3 keeps for itself"),
}

_ADDRESS = re.compile(r"[a-z0-9_]+\.[A-Za-z0-9_]+")
# https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html
MOST_FURTHER_NAMES = 9

# What the platform itself adds to a resource's tags: Name, and a subnet's Tier.
OWN_TAGS = 2


# What a stage called prod once had by its name alone, and its file has to say since.
_NAMED_STAGE = "prod"
NAMED_SWITCHES = ("web_firewall", "backups")


def find_errors(settings: StageSettings) -> list[SettingError]:
    """Everything that is wrong between the settings, in the file's order."""
    return [
        *_required(settings),
        *_relied_on_its_name(settings),
        *_shared_roles(settings),
        *_allow_destroy(settings),
        *_as_found(settings),
        *_certificate(settings),
        *_accounts(settings),
        *_cdn(settings),
        *_lent(settings),
        *_chat(settings),
        *_anomaly_monitor(settings),
        *find_region_errors(settings),
        *_shared_registry(settings),
        *_hosted_zone(settings),
        *_domains(settings),
        *_network(settings),
        *_database(settings),
        *_tags(settings),
        *_capacity(settings),
        *_night_stop(settings),
        *window_errors(settings),
        *find_secret_errors(settings),
        *find_service_errors(settings),
        *_prefix(settings),
        *_name_lengths(settings),
    ]


def _required(settings: StageSettings) -> Iterator[SettingError]:
    if settings.phase != "full":
        return
    if settings.domain_name is None:
        yield SettingError(
            field="domain_name",
            value=None,
            allowed="a DNS name",
            remedy='add domain_name = "app.example.com", which phase "full" needs',
        )
    if settings.operator_email is None:
        yield SettingError(
            field="operator_email",
            value=None,
            allowed="an e-mail address",
            remedy='add operator_email = "ops@example.com", which phase "full" needs',
        )


def _relied_on_its_name(settings: StageSettings) -> Iterator[SettingError]:
    """Firewall and backups unsaid: the file may have been written when a name meant them."""
    unsaid = [name for name in NAMED_SWITCHES if name not in settings.security.model_fields_set]
    if settings.stage != _NAMED_STAGE or not unsaid:
        return
    has_table = "security" in settings.model_fields_set
    lines = [*([] if has_table else ["[security]"]), *(f"{name} = true" for name in unsaid)]
    yield SettingError(
        field=" and ".join(f"security.{name}" for name in unsaid),
        value=None,
        allowed=f"true or false, in the file: the name {_NAMED_STAGE!r} no longer turns anything on",
        remedy="\n    ".join(
            [
                f"paste these lines {'below [security]' if has_table else 'at the end of the file'} "
                "(with false for what the stage gives up):",
                *lines,
            ]
        ),
        rests_on=("security",),
    )


def _shared_roles(settings: StageSettings) -> Iterator[SettingError]:
    if settings.phase == "adopt" and not settings.keep_shared_roles:
        yield SettingError(
            field="keep_shared_roles",
            value=settings.keep_shared_roles,
            allowed='true in phase "adopt", which adopts everything that the record holds',
            remedy="leave it out until the legacy base is retired",
            rests_on=("phase",),
        )


def _allow_destroy(settings: StageSettings) -> Iterator[SettingError]:
    known = list(stateful_addresses(settings))
    for address in settings.allow_destroy:
        # What an extension makes nobody knows before it is built.
        if address in known or (settings.extension and _ADDRESS.fullmatch(address)):
            continue
        close = difflib.get_close_matches(address, known, n=1, cutoff=0.8)
        yield SettingError(
            field="allow_destroy",
            value=address,
            allowed="the address of what this stage holds data in: " + ", ".join(known),
            remedy=f"write {toml_value(close[0])}" if close else "name one of these, or delete it",
            rests_on=("services",),
        )


def _as_found(settings: StageSettings) -> Iterator[SettingError]:
    for address in settings.keep_as_found:
        if address in settings.allow_overwrite:
            yield SettingError(
                field="keep_as_found",
                value=address,
                allowed="no address of allow_overwrite, which gives up what this keeps",
                remedy="take it out of one of the two",
                rests_on=("allow_overwrite",),
            )


def _certificate(settings: StageSettings) -> Iterator[SettingError]:
    if settings.certificate_arn and settings.certificate_arn.split(":")[3] != settings.region:
        yield SettingError(
            field="certificate_arn",
            value=settings.certificate_arn,
            allowed=f"a certificate in {settings.region}, the stage's region",
            remedy=f"request one in {settings.region}, or leave it out to have one requested",
            rests_on=("region",),
        )


def _lent(settings: StageSettings) -> Iterator[SettingError]:
    """Check that a stage that lends to previews has itself what it lends."""
    if settings.previews is None:
        return
    for field, value in (
        ("network.vpc_id", settings.network.vpc_id),
        ("images.registry", settings.images.registry),
    ):
        if value:
            yield SettingError(
                field=field,
                value=value,
                allowed="left out beside [previews]: a stage lends what is its own",
                remedy="take it out, or let another stage lend",
                rests_on=("previews",),
            )
    for service in settings.services.values():
        routes = (("priority", service), ("second_route.priority", service.second_route))
        for field, route in routes:
            if service.routed and route and (route.priority or 0) > LAST_PRIORITY - ROOM:
                yield SettingError(
                    field=f"services.{service.name}.{field}",
                    value=route.priority,
                    allowed=f"at most {LAST_PRIORITY - ROOM} beside [previews], whose rules come before it: "
                    f"the load balancer gets {ROOM} more, and takes {LAST_PRIORITY}",
                    remedy="take a smaller one",
                    rests_on=("previews",),
                )


def _cdn(settings: StageSettings) -> Iterator[SettingError]:
    """Check what CloudFront has to have: a partition with it, and a certificate where it looks for one."""
    cdn = settings.cdn
    if cdn is None:
        return
    if regions()[settings.region] != "aws":
        yield SettingError(
            field="cdn",
            value=settings.region,
            allowed=f"left out in {settings.region}: CloudFront is here for AWS's commercial regions alone",
            remedy="take [cdn] out",
            rests_on=("region",),
        )
        return
    if settings.previews and cdn.load_balancer == "cloudfront":
        yield SettingError(
            field="cdn.load_balancer",
            value=cdn.load_balancer,
            allowed='"open" beside [previews], which are reached at the load balancer itself',
            remedy="leave it out, or let another stage lend",
            rests_on=("previews",),
        )
    if cdn.certificate_arn and cdn.certificate_arn.split(":")[3] != GLOBAL_REGION:
        yield SettingError(
            field="cdn.certificate_arn",
            value=cdn.certificate_arn,
            allowed=f"a certificate in {GLOBAL_REGION}: CloudFront takes no other",
            remedy=f"request one in {GLOBAL_REGION}",
        )
    if settings.certificate_arn and settings.region != GLOBAL_REGION and not cdn.certificate_arn:
        yield SettingError(
            field="cdn.certificate_arn",
            value=None,
            allowed=f"the ARN of a certificate in {GLOBAL_REGION}: CloudFront does not take the given one of "
            f"{settings.region}",
            remedy=f"request one in {GLOBAL_REGION}, or leave certificate_arn out: then both are requested",
            rests_on=("certificate_arn", "region"),
        )


def _accounts(settings: StageSettings) -> Iterator[SettingError]:
    """Check that certificate and monitors are of the stage's account: AWS takes no others."""
    for field, arn in (
        ("certificate_arn", settings.certificate_arn),
        ("cdn.certificate_arn", settings.cdn and settings.cdn.certificate_arn),
        ("cost_alerts.anomaly_monitor_arn", settings.cost_alerts.anomaly_monitor_arn),
    ):
        if arn and settings.account_id and arn.split(":")[4] != settings.account_id:
            yield SettingError(
                field=field,
                value=arn,
                allowed=f"one of the stage's account, {settings.account_id} (account_id)",
                remedy="name one of that account, or leave it out",
                rests_on=("account_id",),
            )


def _chat(settings: StageSettings) -> Iterator[SettingError]:
    """Check that a channel is named whole, or not at all."""
    for ids in (
        ("slack_workspace_id", "slack_channel_id"),
        ("teams_tenant_id", "teams_team_id", "teams_channel_id"),
    ):
        given = [each for each in ids if getattr(settings.chat, each)]
        for missing in (each for each in ids if given and each not in given):
            yield SettingError(
                field=f"chat.{missing}",
                value=None,
                allowed=f"given together with {', '.join(given)}",
                remedy=f"add it, or leave {' and '.join(given)} out",
                rests_on=tuple(f"chat.{each}" for each in given),
            )
    if settings.chat.is_wanted and regions()[settings.region] != "aws":
        yield SettingError(
            field="chat",
            value=settings.region,
            allowed=f"left out in {settings.region}: Amazon Q Developer in chat applications is in AWS's "
            "commercial regions alone",
            remedy="take [chat] out: the operator's e-mail tells the same",
            rests_on=("region",),
        )


def _anomaly_monitor(settings: StageSettings) -> Iterator[SettingError]:
    costs = settings.cost_alerts
    if costs.anomaly_usd and costs.anomaly_monitor_arn is None:
        yield SettingError(
            field="cost_alerts.anomaly_monitor_arn",
            value=None,
            allowed="the ARN of the account's monitor of services: AWS allows one, and no stage makes it",
            remedy="copy what `aws ce get-anomaly-monitors` prints, or make it once with "
            "`aws ce create-anomaly-monitor --anomaly-monitor MonitorName=services,MonitorType=DIMENSIONAL,"
            "MonitorDimension=SERVICE`",
        )


def _shared_registry(settings: StageSettings) -> Iterator[SettingError]:
    shared, images = shared_registry(settings), settings.images
    if shared and images.shared_with:
        yield SettingError(
            field="images.shared_with",
            value=list(images.shared_with),
            allowed="left out beside images.registry: the stage has no registries of its own to share",
            remedy="write it in the file of the stage that has them",
            rests_on=("images.registry",),
        )
    if shared and regions().get(shared.region) != regions()[settings.region]:
        yield SettingError(
            field="images.registry",
            value=images.registry,
            allowed=f"a registry in a region of the same partition as {settings.region}",
            remedy="give each partition a stage with registries of its own",
            rests_on=("region",),
        )
    if (
        shared
        and shared.prefix == settings.prefix
        and shared.region == settings.region
        and (settings.account_id == shared.account_id)
    ):
        yield SettingError(
            field="images.registry",
            value=images.registry,
            allowed="another stage's: these are the stage's own",
            remedy="leave it out",
            rests_on=("prefix", "region", "account_id"),
        )


def _hosted_zone(settings: StageSettings) -> Iterator[SettingError]:
    zone, domain = settings.dns.hosted_zone_name, settings.domain_name
    if zone and domain and not f".{domain}".endswith(f".{zone}"):
        yield SettingError(
            field="dns.hosted_zone_name",
            value=zone,
            allowed=f"{domain} or a parent of it",
            remedy="name the public hosted zone that the domain belongs to",
            rests_on=("domain_name",),
        )


def _domains(settings: StageSettings) -> Iterator[SettingError]:
    names = settings.domains.names
    if names and not settings.domain_name:
        yield SettingError(
            field="domains",
            value=list(names),
            allowed="names beside domain_name, which is left out",
            remedy="name the application's main domain in domain_name",
            rests_on=("domain_name",),
        )
        return
    seen = {settings.domain_name}
    for name in names:
        if name in seen:
            yield SettingError(
                field="domains",
                value=name,
                allowed="a name once, in one of domain_name, redirect and serve",
                remedy="take it out of the others",
                rests_on=("domain_name",),
            )
        seen.add(name)
        if settings.dns.mode == "route53" and settings.zone_of(name) is None:
            yield SettingError(
                field="domains.hosted_zone_names",
                value=list(settings.domains.hosted_zone_names),
                allowed=f"with the public hosted zone of {name}, which is not below the domain's own",
                remedy="add the zone, or set dns.mode to manual and make the records yourself",
                rests_on=("domains", "dns.hosted_zone_name"),
            )
    if len(names) > MOST_FURTHER_NAMES:
        yield SettingError(
            field="domains",
            value=f"{len(names)} names",
            allowed=f"at most {MOST_FURTHER_NAMES}: ACM takes 10 in one certificate, the domain among them",
            remedy="leave some out",
        )
    if not settings.domains.redirect:
        return
    for service in settings.services.values():
        second = service.second_route
        for priority in (service.priority, second.priority if second else None):
            if priority and FIRST_REDIRECT <= priority < FIRST_REDIRECT + MOST_REDIRECT_RULES:
                yield SettingError(
                    field=f"services.{service.name}.priority",
                    value=priority,
                    allowed=f"another than {FIRST_REDIRECT} and {FIRST_REDIRECT + 1}, which redirects have",
                    remedy="take a greater one",
                    rests_on=("domains.redirect",),
                )


# What shapes a VPC of the stage's own, and what would change its owner's.
_OF_AN_OWN_VPC = (
    "vpc_cidr_block",
    "zone_count",
    "availability_zones",
    "subnet_newbits",
    "search_domain",
)


def _given_network(settings: StageSettings) -> Iterator[SettingError]:
    network = settings.network
    subnets = {name: getattr(network, name) for name in ("public_subnet_ids", "private_subnet_ids")}
    if network.vpc_id is None:
        for name, ids in subnets.items():
            if ids:
                yield SettingError(
                    field=f"network.{name}",
                    value=list(ids),
                    allowed="subnets of the VPC in network.vpc_id, which is left out",
                    remedy="add vpc_id, or leave them out: then the stage has a VPC of its own",
                    rests_on=("network.vpc_id",),
                )
        if network.nat_addresses:
            yield SettingError(
                field="network.nat_addresses",
                value=list(network.nat_addresses),
                allowed="those of the VPC in network.vpc_id, which is left out: a stage knows its own",
                remedy="leave them out",
                rests_on=("network.vpc_id",),
            )
        return
    for name in _OF_AN_OWN_VPC:
        if name in network.model_fields_set:
            yield SettingError(
                field=f"network.{name}",
                value=getattr(network, name),
                allowed="left out beside vpc_id: it would shape or change a VPC that is its owner's",
                remedy="take it out",
                rests_on=("network.vpc_id",),
            )
    for name, ids in subnets.items():
        if len(set(ids)) < 2 or len(set(ids)) != len(ids):
            yield SettingError(
                field=f"network.{name}",
                value=list(ids),
                allowed="two or more different subnets, each in a zone of its own",
                remedy=f"paste what `python -m ops vpc {network.vpc_id} --region {settings.region}` prints",
            )
    for both in set(network.public_subnet_ids) & set(network.private_subnet_ids):
        yield SettingError(
            field="network.private_subnet_ids",
            value=both,
            allowed="no subnet that is in public_subnet_ids too",
            remedy="take it out of one of the two",
            rests_on=("network.public_subnet_ids",),
        )


def _network(settings: StageSettings) -> Iterator[SettingError]:
    network = settings.network
    given = (network.public_subnet_ids, network.private_subnet_ids, network.nat_addresses)
    if network.vpc_id or any(given):
        yield from _given_network(settings)
        return
    subnet_prefix = ipaddress.IPv4Network(network.vpc_cidr_block).prefixlen + network.subnet_newbits
    subnets = 2 * network.zone_count
    too_small = subnet_prefix > SMALLEST_SUBNET
    largest_prefix = SMALLEST_SUBNET - network.subnet_newbits
    if too_small or 2**network.subnet_newbits < subnets:
        newbits = max((subnets - 1).bit_length(), 2)
        fits = subnet_prefix - network.subnet_newbits + newbits <= SMALLEST_SUBNET
        yield SettingError(
            field="network.vpc_cidr_block",
            value=network.vpc_cidr_block,
            allowed=f"a block that holds {subnets} subnets (2 for each of {network.zone_count} zones) of "
            f"/{SMALLEST_SUBNET} or larger; with subnet_newbits = {network.subnet_newbits} they are "
            f"/{subnet_prefix}",
            remedy=" or ".join(
                [
                    *([f"use a block of at least /{largest_prefix}"] if too_small else []),
                    *([f"subnet_newbits = {newbits}"] if fits else []),
                ]
            ),
            rests_on=("network.zone_count", "network.subnet_newbits"),
        )
    if settings.phase != "adopt" and network.zone_count < 2:
        yield SettingError(
            field="network.zone_count",
            value=network.zone_count,
            allowed="2 or 3: a database's subnets and a load balancer need two zones",
            remedy="raise zone_count",
        )
    zones = network.availability_zones
    if zones and (len(set(zones)) != network.zone_count or len(zones) != network.zone_count):
        yield SettingError(
            field="network.availability_zones",
            value=list(zones),
            allowed=f"{network.zone_count} different zones (zone_count), or none",
            remedy="list as many zones as zone_count says",
            rests_on=("network.zone_count",),
        )
    for zone in zones:
        refusal = availability_zone(zone, region=settings.region)
        if refusal:
            yield _refused("network.availability_zones", zone, refusal, "region")


def _database(settings: StageSettings) -> Iterator[SettingError]:
    database = settings.database
    serverless = database.engine == "aurora-serverless-v2"
    refusal = databases.engine_version(database.engine_version, serverless=serverless)
    if refusal:
        yield _refused(
            "database.engine_version", database.engine_version, refusal, "database.engine"
        )


def _tags(settings: StageSettings) -> Iterator[SettingError]:
    given = settings.default_tags
    too_many = tags.tag_count(len(given), most=tags.MOST_TAGS - OWN_TAGS)
    if too_many:
        yield SettingError(
            field="default_tags",
            value=f"{len(given)} tags",
            allowed=f"at most {tags.MOST_TAGS - OWN_TAGS}, with Project, Stage and ManagedBy: AWS takes "
            f"{tags.MOST_TAGS}, and the platform gives {OWN_TAGS} of its own",
            remedy=too_many.remedy,
        )
    for key, value in given.items():
        refusal = tags.tag_key(key) or tags.tag_value(value)
        if refusal:
            yield _refused(f"default_tags.{key}", value, refusal)
        for what, text in (("key", key), ("value", value)):
            # Elastic Load Balancing asks for none; what cuts them off differs from every later plan.
            # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-tags.html
            if text != text.strip():
                yield SettingError(
                    field=f"default_tags.{key}",
                    value=value,
                    allowed=f"a {what} without spaces at its ends",
                    remedy="leave the spaces out",
                )
    for key in tags.alike(given):
        yield SettingError(
            field=f"default_tags.{key}",
            value=given[key],
            allowed="a key that differs from the others by more than capitals: IAM takes the two for one",
            remedy="leave out one of the two",
        )


def _refused(field: str, value: object, refusal: Refusal, *rests_on: str) -> SettingError:
    return SettingError(
        field=field,
        value=value,
        allowed=refusal.allowed,
        remedy=refusal.remedy,
        rests_on=rests_on,
    )


def _capacity(settings: StageSettings) -> Iterator[SettingError]:
    if settings.database.min_acu > settings.database.max_acu:
        yield SettingError(
            field="database.min_acu",
            value=settings.database.min_acu,
            allowed=f"at most max_acu, {settings.database.max_acu:g}",
            remedy="lower min_acu or raise max_acu",
            rests_on=("database.max_acu",),
        )


def _night_stop(settings: StageSettings) -> Iterator[SettingError]:
    night = settings.night_stop
    if night is None:
        return
    starts, stops = minute_of_day(night.start_at), minute_of_day(night.stop_at)
    if starts < DATABASE_LEAD_MINUTES:
        yield SettingError(
            field="night_stop.start_at",
            value=night.start_at,
            allowed=f"00:{DATABASE_LEAD_MINUTES} or later: the database starts {DATABASE_LEAD_MINUTES} "
            "minutes before the services, on the same day",
            remedy="start later",
        )
    if starts >= stops:
        yield SettingError(
            field="night_stop.start_at",
            value=night.start_at,
            allowed=f"a time before stop_at, {night.stop_at}",
            remedy="let the stage start and stop on one day",
            rests_on=("night_stop.stop_at",),
        )


def _prefix(settings: StageSettings) -> Iterator[SettingError]:
    """Check the prefix, which begins the names of load balancers, security groups and buckets."""
    for kept, owner in RESERVED_PREFIXES.items():
        if f"{settings.prefix}-".startswith(kept):
            yield SettingError(
                field="prefix",
                value=settings.prefix,
                allowed=f'a name that does not begin with "{kept}", which {owner}',
                remedy='choose another, as in "atomic-dev"',
            )


def _name_lengths(settings: StageSettings) -> Iterator[SettingError]:
    """Check the name that exceeds its limit most: mending it mends the others, or shows the next."""
    services = settings.services.values()
    limits = limited_names(
        Names(prefix=settings.prefix, stack=settings.stack_name),
        region=settings.region,
        services=[service.name for service in services],
        routed=[service.name for service in services if service.path is not None],
        jobs={f"{row.name}-{job}": row.name for row in services for job in row.jobs},
    )
    worst = max(limits, key=lambda limited: limited.excess)
    if worst.excess <= 0:
        return
    allowed = (
        f"a name of {worst.what} of at most {worst.max_length} characters; {worst.name} has "
        f"{len(worst.name)}"
    )
    if worst.service and len(worst.service) > len(settings.prefix):
        yield SettingError(
            field=f"services.{worst.service}",
            value=worst.service,
            allowed=allowed,
            remedy=f"shorten the service's name by {worst.excess}",
            rests_on=("prefix",),
        )
    else:
        yield SettingError(
            field="prefix",
            value=settings.prefix,
            allowed=allowed,
            remedy=f"shorten the prefix by {worst.excess}",
        )
