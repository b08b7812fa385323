"""What can be wrong between settings that are each right alone: the list of all checks, and small ones."""

import difflib
import re
from collections.abc import Iterator

from modules.base.partition import regions
from modules.settings.edge_checks import find_edge_errors
from modules.settings.mirrored import third_party_images
from modules.settings.name_checks import find_name_errors, find_tag_errors
from modules.settings.network_checks import find_network_errors
from modules.settings.previews import ROOM
from modules.settings.regional import find_region_errors
from modules.settings.rules import databases
from modules.settings.schedule import DATABASE_LEAD_MINUTES, minute_of_day
from modules.settings.secret_checks import find_secret_errors
from modules.settings.service_checks import find_service_errors
from modules.settings.services import LAST_PRIORITY
from modules.settings.setting_error import SettingError, at, refused
from modules.settings.shared_registry import shared_registry
from modules.settings.stage_settings import StageSettings
from modules.settings.stateful import stateful_addresses
from modules.settings.toml_text import toml_value
from modules.settings.windows import window_errors

_ADDRESS = re.compile(r"[a-z0-9_]+\.[A-Za-z0-9_]+")
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
        *find_edge_errors(settings),
        *_lent(settings),
        *_chat(settings),
        *_anomaly_monitor(settings),
        *find_region_errors(settings),
        *_shared_registry(settings),
        *_copies(settings),
        *find_network_errors(settings),
        *_database(settings),
        *find_tag_errors(settings),
        *_capacity(settings),
        *_night_stop(settings),
        *window_errors(settings),
        *find_secret_errors(settings),
        *find_service_errors(settings),
        *find_name_errors(settings),
    ]


def _required(settings: StageSettings) -> Iterator[SettingError]:
    if settings.phase != "full":
        return
    if settings.domain_name is None:
        yield at("domain_name", None).must_be(
            "a DNS name",
            'add domain_name = "app.example.com", which phase "full" needs',
        )
    if settings.operator_email is None:
        yield at("operator_email", None).must_be(
            "an e-mail address",
            'add operator_email = "ops@example.com", which phase "full" needs',
        )


def _relied_on_its_name(settings: StageSettings) -> Iterator[SettingError]:
    """Firewall and backups unsaid: the file may have been written when a name meant them."""
    unsaid = [name for name in NAMED_SWITCHES if name not in settings.security.model_fields_set]
    if settings.stage != _NAMED_STAGE or not unsaid:
        return
    has_table = "security" in settings.model_fields_set
    lines = [*([] if has_table else ["[security]"]), *(f"{name} = true" for name in unsaid)]
    yield at(" and ".join(f"security.{name}" for name in unsaid), None, "security").must_be(
        f"true or false, in the file: the name {_NAMED_STAGE!r} no longer turns anything on",
        "\n    ".join(
            [
                f"paste these lines {'below [security]' if has_table else 'at the end of the file'} "
                "(with false for what the stage gives up):",
                *lines,
            ]
        ),
    )


def _shared_roles(settings: StageSettings) -> Iterator[SettingError]:
    if settings.phase == "adopt" and not settings.keep_shared_roles:
        yield at("keep_shared_roles", settings.keep_shared_roles, "phase").must_be(
            'true in phase "adopt", which adopts everything that the record holds',
            "leave it out until the legacy base is retired",
        )


def _allow_destroy(settings: StageSettings) -> Iterator[SettingError]:
    known = list(stateful_addresses(settings))
    for address in settings.allow_destroy:
        # What an extension makes nobody knows before it is built.
        if address in known or (settings.extension and _ADDRESS.fullmatch(address)):
            continue
        close = difflib.get_close_matches(address, known, n=1, cutoff=0.8)
        yield at("allow_destroy", address, "services").must_be(
            "the address of what this stage holds data in: " + ", ".join(known),
            f"write {toml_value(close[0])}" if close else "name one of these, or delete it",
        )


def _as_found(settings: StageSettings) -> Iterator[SettingError]:
    for address in settings.keep_as_found:
        if address in settings.allow_overwrite:
            yield at("keep_as_found", address, "allow_overwrite").must_be(
                "no address of allow_overwrite, which gives up what this keeps",
                "take it out of one of the two",
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
            yield at(field, value, "previews").must_be(
                "left out beside [previews]: a stage lends what is its own",
                "take it out, or let another stage lend",
            )
    lendable = [each.name for each in settings.services.values() if not each.uses_file_storage]
    # A preview has of its base's services those that were lent when it was made.
    for name in settings.previews.services if settings.preview is None else ():
        if name not in lendable:
            yield at("previews.services", name, "services").must_be(
                "services of the stage that use no file storage",
                f"write some of {', '.join(lendable)}",
            )
    for service in settings.services.values():
        routes = (("priority", service), ("second_route.priority", service.second_route))
        for field, route in routes:
            if service.routed and route and (route.priority or 0) > LAST_PRIORITY - ROOM:
                yield at(f"services.{service.name}.{field}", route.priority, "previews").must_be(
                    f"at most {LAST_PRIORITY - ROOM} beside [previews], whose rules come before it: "
                    f"the load balancer gets {ROOM} more, and takes {LAST_PRIORITY}",
                    "take a smaller one",
                )


def _chat(settings: StageSettings) -> Iterator[SettingError]:
    """Check that a channel is named whole, or not at all."""
    for ids in (
        ("slack_workspace_id", "slack_channel_id"),
        ("teams_tenant_id", "teams_team_id", "teams_channel_id"),
    ):
        given = [each for each in ids if getattr(settings.chat, each)]
        for missing in (each for each in ids if given and each not in given):
            yield at(f"chat.{missing}", None, *tuple(f"chat.{each}" for each in given)).must_be(
                f"given together with {', '.join(given)}",
                f"add it, or leave {' and '.join(given)} out",
            )
    if settings.chat.is_wanted and regions()[settings.region] != "aws":
        yield at("chat", settings.region, "region").must_be(
            f"left out in {settings.region}: Amazon Q Developer in chat applications is in AWS's "
            "commercial regions alone",
            "take [chat] out: the operator's e-mail tells the same",
        )


def _anomaly_monitor(settings: StageSettings) -> Iterator[SettingError]:
    costs = settings.cost_alerts
    if costs.anomaly_usd and costs.anomaly_monitor_arn is None:
        yield at("cost_alerts.anomaly_monitor_arn", None).must_be(
            "the ARN of the account's monitor of services: AWS allows one, and no stage makes it",
            "copy what `aws ce get-anomaly-monitors` prints, or make it once with "
            "`aws ce create-anomaly-monitor --anomaly-monitor MonitorName=services,MonitorType=DIMENSIONAL,"
            "MonitorDimension=SERVICE`",
        )


def _shared_registry(settings: StageSettings) -> Iterator[SettingError]:
    shared, images = shared_registry(settings), settings.images
    if shared and images.shared_with:
        yield at("images.shared_with", list(images.shared_with), "images.registry").must_be(
            "left out beside images.registry: the stage has no registries of its own to share",
            "write it in the file of the stage that has them",
        )
    if shared and regions().get(shared.region) != regions()[settings.region]:
        yield at("images.registry", images.registry, "region").must_be(
            f"a registry in a region of the same partition as {settings.region}",
            "give each partition a stage with registries of its own",
        )
    if (
        shared
        and shared.prefix == settings.prefix
        and shared.region == settings.region
        and (settings.account_id == shared.account_id)
    ):
        yield at("images.registry", images.registry, "prefix", "region", "account_id").must_be(
            "another stage's: these are the stage's own",
            "leave it out",
        )


def _copies(settings: StageSettings) -> Iterator[SettingError]:
    """Check that each repository of others has a copy of its own."""
    if settings.images.mirror == "none":
        return
    owners: dict[str, str] = {}
    for each in third_party_images(settings):
        other = owners.setdefault(each.label, each.repository)
        if other != each.repository:
            yield at("images.mirror", settings.images.mirror, "services").must_be(
                f'"none" while {other} and {each.repository} differ in punctuation or capitals alone: '
                "they would share one copy",
                "let the services use one of the two, or leave images.mirror out",
            )


def _database(settings: StageSettings) -> Iterator[SettingError]:
    database = settings.database
    serverless = database.engine == "aurora-serverless-v2"
    refusal = databases.engine_version(database.engine_version, serverless=serverless)
    if refusal:
        yield refused(
            "database.engine_version", database.engine_version, refusal, "database.engine"
        )
    if serverless:
        return
    refusal = databases.class_of_version(database.instance_class, database.engine_version)
    if refusal:
        yield refused(
            "database.instance_class", database.instance_class, refusal, "database.engine_version"
        )
    most, allocated = database.max_allocated_storage_gib, database.allocated_storage_gib
    refusal = databases.storage_limit(most, allocated_gib=allocated) if most else None
    if refusal:
        yield refused(
            "database.max_allocated_storage_gib", most, refusal, "database.allocated_storage_gib"
        )


def _capacity(settings: StageSettings) -> Iterator[SettingError]:
    if settings.database.min_acu > settings.database.max_acu:
        yield at("database.min_acu", settings.database.min_acu, "database.max_acu").must_be(
            f"at most max_acu, {settings.database.max_acu:g}",
            "lower min_acu or raise max_acu",
        )


def _night_stop(settings: StageSettings) -> Iterator[SettingError]:
    night = settings.night_stop
    if night is None:
        return
    starts, stops = minute_of_day(night.start_at), minute_of_day(night.stop_at)
    if starts < DATABASE_LEAD_MINUTES:
        yield at("night_stop.start_at", night.start_at).must_be(
            f"00:{DATABASE_LEAD_MINUTES} or later: the database starts {DATABASE_LEAD_MINUTES} "
            "minutes before the services, on the same day",
            "start later",
        )
    if starts >= stops:
        yield at("night_stop.start_at", night.start_at, "night_stop.stop_at").must_be(
            f"a time before stop_at, {night.stop_at}",
            "let the stage start and stop on one day",
        )
