"""What a person is told who typed a value of the wrong kind, or a setting that does not exist.

Longer than others: one line for each kind of slip.
"""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import time
from typing import Any, get_origin

from pydantic_core import ErrorDetails

from modules.settings.characters import foreign_letter
from modules.settings.credential_shapes import secret_kind
from modules.settings.own_secrets import OwnSecret
from modules.settings.secret_wording import worded_secret
from modules.settings.services import SERVICES, Service
from modules.settings.setting_error import SettingError
from modules.settings.setting_types import Section
from modules.settings.stage_settings import StageSettings
from modules.settings.toml_text import HIDDEN, toml_value

# pydantic's phrases in ours.
_WORDING = (
    ("input should be ", ""),
    ("a valid dictionary", "a table"),
    ("a valid tuple", "a list"),
    ("a valid integer", "a whole number"),
    ("a valid boolean", "true or false"),
    ("a valid string", "text in quotes"),
    ("a valid ", "a "),
    ("less than or equal to", "at most"),
    ("greater than or equal to", "at least"),
)
# Tables of tables, each by a name of its own.
_NAMED: Mapping[str, type[Section]] = {"services": Service, "secrets": OwnSecret}
_TABLE_TYPES = frozenset({"dict_type", "model_type", "model_attributes_type"})

# What other tools call a setting, by its last word here.
_OTHER_WORDS: Mapping[str, str] = {
    "account": "account_id",
    "arch": "cpu_architecture",
    "architecture": "cpu_architecture",
    "azs": "availability_zones",
    "certificate": "certificate_arn",
    "cidr": "vpc_cidr_block",
    "cidr_block": "vpc_cidr_block",
    "count": "min_tasks",
    "cpu": "cpu_units",
    "cron": "schedule",
    "db_name": "name",
    "dbname": "name",
    "desired_count": "min_tasks",
    "disk": "allocated_storage_gib",
    "domain": "domain_name",
    "email": "operator_email",
    "env": "environment",
    "health_check": "health_path",
    "health_check_path": "health_path",
    "healthcheck": "health_path",
    "hostname": "domain_name",
    "instance_type": "instance_class",
    "insights": "container_insights",
    "mail": "operator_email",
    "max_capacity": "max_tasks",
    "memory": "memory_mib",
    "min_capacity": "min_tasks",
    "ram": "memory_mib",
    "replicas": "min_tasks",
    "size": "instance_class",
    "start": "start_at",
    "stop": "stop_at",
    "storage": "allocated_storage_gib",
    "tag": "image_tag",
    "tags": "default_tags",
    "timezone": "time_zone",
    "tz": "time_zone",
    "user": "master_username",
    "username": "master_username",
    "variables": "environment",
    "version": "engine_version",
    "vpc_cidr": "vpc_cidr_block",
    "waf": "web_firewall",
    "weight": "spot_weight",
    "zones": "availability_zones",
}
_SWITCHES = frozenset({"active", "disable", "disabled", "enable", "enabled", "on"})
# How a table is switched off that has no switch.
_OFF: Mapping[str, str] = {
    "night_stop": "the table itself switches it on: delete all of [night_stop] to switch it off",
    "state": "the table itself switches it on: delete all of [state] to keep the state in a file",
    "cost_alerts": "set budget_usd or anomaly_usd to switch an alert on",
    "chat": "delete the ids of the channel",
    "dns": 'write mode = "route53" or mode = "manual"',
    "security": "each measure has a switch of its own: web_firewall, flow_logs, access_logs, backups",
    "secrets": "delete all of the table: a secret is declared or it is not",
    "services": "write enabled = false to leave the service out",
}
# How to write a value of a kind, where what was typed is none.
_KINDS: Mapping[str, str] = {
    "bool_type": "write true or false, without quotes",
    "float_type": "write a number, without quotes",
    "int_from_float": "write a whole number",
    "int_type": "write a whole number, without quotes",
    "string_type": "write it in quotes, as you typed it",
}
_YES, _NO = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})


def worded(details: ErrorDetails) -> SettingError:
    """Return a finding of pydantic's in our form."""
    loc, kind = details["loc"], details["type"]
    context = details.get("ctx", {})
    value = None if kind == "missing" else details["input"]
    if kind == "stage_setting":
        allowed, remedy = context["allowed"], context["remedy"]
        if loc[:1] == ("services",) and loc[2:] == ("name",):
            loc, remedy = loc[:2], _service_name(str(value))
    elif kind == "extra_forbidden":
        known = known_keys(loc)
        allowed, remedy = "one of " + ", ".join(known), _meant(loc, known, value)
    elif kind == "missing":
        allowed, remedy = "given; it has no default", f"add {loc[-1]} = ..."
    elif kind == "literal_error":
        choices = re.findall(r"'[^']*'|\d+", context["expected"])
        spelled = [choice.replace("'", '"') for choice in choices]
        allowed, remedy = "one of " + ", ".join(spelled), _choice(loc, value, spelled)
    else:
        allowed = details["msg"].replace("Input", "input", 1)
        for plain, ours in _WORDING:
            allowed = allowed.replace(plain, ours)
        allowed = allowed.partition(" or instance of ")[0]
        remedy = _of_kind(kind, loc, value, context)
    named_secret = loc[2:3] == ("environment",) and secret_kind(str(loc[-1]), "any value")
    if named_secret and not isinstance(value, bool):
        value, remedy = HIDDEN, "give it as a secret, in the service's secrets"
    found = SettingError(field=".".join(map(str, loc)), value=value, allowed=allowed, remedy=remedy)
    if loc[:1] == ("secrets",):
        name = str(loc[1]) if len(loc) > 1 else "NAME"
        return worded_secret(found, kind=kind, name=name, value=value)
    return found


def known_keys(loc: Sequence[int | str]) -> list[str]:
    """Return the keys that the table around `loc` knows."""
    model: Any = StageSettings
    for step in loc[:-1]:
        if model is None:
            break
        if isinstance(step, int):  # a row of a list, whose class is known already
            continue
        if isinstance(model, dict):
            (model,) = model.values()
        else:
            annotation = model.model_fields[str(step)].annotation
            section = _section(annotation)
            tables = get_origin(annotation) is dict and hasattr(section, "model_fields")
            model = {step: section} if tables else section
    return _keys(model)


def _keys(model: type[Section]) -> list[str]:
    derived = {StageSettings: "stage", Service: "name"}.get(model)
    return sorted(key for key in model.model_fields if key != derived)


def _section(annotation: Any) -> Any:
    """Return the settings class in an annotation such as `State | None`."""
    candidates = getattr(annotation, "__args__", (annotation,))
    for candidate in candidates:
        if hasattr(candidate, "model_fields"):
            return candidate
        if getattr(candidate, "__args__", ()):
            inner = _section(candidate)
            if hasattr(inner, "model_fields"):
                return inner
    return annotation


def _all_tables() -> Iterator[tuple[str, list[str]]]:
    """Yield each table of a stage file, with the keys that it knows."""
    yield "", _keys(StageSettings)
    for name, field in StageSettings.model_fields.items():
        section = _section(field.annotation)
        if name not in _NAMED and hasattr(section, "model_fields"):
            yield name, _keys(section)
    for name, section in _NAMED.items():
        yield f"{name}.NAME", _keys(section)


def _meant(loc: Sequence[int | str], known: Sequence[str], value: object) -> str:
    """Guess what a person meant who typed the key at the end of `loc`."""
    typed = str(loc[-1])
    foreign = foreign_letter(typed)
    if foreign:
        return f"type it anew, without {foreign}"
    key = typed.strip().lower().replace("-", "_")
    table = str(loc[0]) if len(loc) > 1 else ""
    here = key if key in known else _OTHER_WORDS.get(key, "")
    if here in known:
        return _write(here, value)
    if key in _SWITCHES:
        return _OFF.get(table, "delete the line: there is nothing to switch here")
    parts = set(key.split("_"))
    within = [each for each in known if parts <= set(each.split("_"))]
    close = within if len(within) == 1 else difflib.get_close_matches(key, known, 1, 0.75)
    return _write(close[0], value) if close else _elsewhere(key, in_table=bool(table))


def _elsewhere(key: str, *, in_table: bool) -> str:
    """Return where a key belongs that is not of the table in which it was typed."""
    if not in_table and key in {row.name for row in SERVICES}:
        return f"write [services.{key}]"
    for word in (key, _OTHER_WORDS.get(key)):
        homes = [other for other, keys in _all_tables() if word in keys]
        if homes:
            return f"write {word} {_under(homes)}"
    return "delete it (docs/settings.md lists all settings)"


def _under(tables: Sequence[str]) -> str:
    named = [f"[{table}]" if table else "before the first table" for table in tables]
    where = " or ".join(named)
    return where if not tables[0] else f"under {where}"


def _write(key: str, value: object) -> str:
    return f"write [{key}]" if isinstance(value, Mapping) and key in _tables() else f"write {key}"


def _tables() -> set[str]:
    """Return the keys whose value is a table."""
    return {"default_tags", "environment", "secrets", "services"} | {
        name for name, _ in _all_tables()
    }


def plain_name(name: str) -> str:
    """Return the name of a service or a secret that is closest to what was typed; empty where none is."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:32].rstrip("-")
    return plain if re.fullmatch(r"[a-z][a-z0-9-]*", plain) else ""


def _service_name(name: str) -> str:
    foreign = foreign_letter(name)
    if foreign:
        return f"type it anew, without {foreign}"
    plain = plain_name(name)
    return f"write [services.{plain}]" if plain else "write it as in [services.reports]"


def _choice(loc: Sequence[int | str], value: object, spelled: Sequence[str]) -> str:
    typed = toml_value(str(value).strip().lower())
    close = difflib.get_close_matches(typed, spelled, n=1)
    if str(value) in spelled:
        return f"write {loc[-1]} = {value}"
    return f"write {loc[-1]} = {close[0]}" if close else "use one of these"


def _of_kind(kind: str, loc: Sequence[int | str], value: object, context: Mapping[str, Any]) -> str:
    """Return how to write a value of the right kind."""
    last = loc[-1]
    key = "" if isinstance(last, int) else f"{last} = "
    if kind in _TABLE_TYPES:
        return _table(loc, value)
    if kind == "tuple_type":
        if last == "schedule":
            return f"write [[{'.'.join(map(str, loc))}]], in two brackets"
        one = "" if isinstance(value, Mapping) else toml_value(value)
        return f"write {key}[{one}]"
    if isinstance(value, Mapping) and isinstance(last, str):
        return f"write {last} as a line of its own, not as a table"
    meant = _meant_value(kind, value)
    return (
        f"write {key}{meant}"
        if meant is not None
        else _bound(key, context) or _KINDS.get(kind, "change it")
    )


def _bound(key: str, context: Mapping[str, Any]) -> str:
    for word, way in (("le", "or less"), ("ge", "or more")):
        if word in context:
            return f"write {key}{context[word]:g} {way}"
    return ""


def _meant_value(kind: str, value: object) -> str | None:
    """Return the value that was meant, in TOML's spelling, where only one can be."""
    text = str(value).strip().lower()
    if kind == "string_type":
        if isinstance(value, time):
            return toml_value(value.strftime("%H:%M"))
        # 15.10 is read as 15.1, so a number with a point is not what was typed.
        return toml_value(text) if isinstance(value, int) else None
    if kind == "bool_type":
        return "true" if text in _YES else "false" if text in _NO else None
    if kind in {"int_type", "int_from_float", "float_type"} and not isinstance(value, bool):
        whole = re.fullmatch(r"([+-]?\d{1,18})(\.0+)?", text)
        if whole:
            return str(int(whole[1]))
        if kind == "float_type" and re.fullmatch(r"[+-]?\d{1,18}\.\d{1,9}", text):
            return text
    return None


def _table(loc: Sequence[int | str], value: object) -> str:
    """Return how to write the table at `loc`."""
    named = [str(step) for step in loc if not isinstance(step, int)]
    if len(named) < len(loc):
        return f"write [[{'.'.join(named)}]], and its settings below it"
    brackets = "in one pair of brackets, " if isinstance(value, list | tuple) else ""
    return f"write [{'.'.join(named)}], {brackets}and its settings below it"
