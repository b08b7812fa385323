"""What RDS asks for, where AWS's models do not say so."""

import re
from typing import Any

from local.validation.names import refused, unless
from modules.settings.rules import databases as rules

Params = dict[str, Any]

_IDENTIFIER = re.compile(r"[A-Za-z](-?[A-Za-z0-9])*")
_IDENTIFIERS = (
    ("DBInstanceIdentifier", 63),
    ("DBClusterIdentifier", 63),
    ("FinalDBSnapshotIdentifier", 255),
    ("DBParameterGroupName", 255),
    ("DBClusterParameterGroupName", 255),
)
_DATABASE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY, _WEEK = 24 * 60, 7 * 24 * 60
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d"
_BACKUP_WINDOW = re.compile(f"{_CLOCK}-{_CLOCK}")
_MAINTENANCE_WINDOW = re.compile(
    f"({'|'.join(_WEEKDAYS)}):{_CLOCK}-({'|'.join(_WEEKDAYS)}):{_CLOCK}", re.IGNORECASE
)
_INSIGHTS_DAYS = (7, *range(31, 24 * 31, 31), 731)
_PASSWORD = re.compile(r"[!#-.0-?A-~]{8,128}")


def identifiers(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html."""
    allowed = "letters, digits and single hyphens, a letter first, no hyphen last"
    found = []
    for member, longest in _IDENTIFIERS:
        name = params.get(member)
        found += unless(_IDENTIFIER, member, name, allowed)
        if name is not None and len(name) > longest:
            found.append(
                f"{member} = {name!r}: allowed: at most {longest} characters, not {len(name)}"
            )
    return found


def windows(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html: both in UTC."""
    backup, maintenance = (
        params.get("PreferredBackupWindow"),
        params.get("PreferredMaintenanceWindow"),
    )
    found = [
        *unless(_BACKUP_WINDOW, "PreferredBackupWindow", backup, "hh24:mi-hh24:mi"),
        *unless(
            _MAINTENANCE_WINDOW,
            "PreferredMaintenanceWindow",
            maintenance,
            "ddd:hh24:mi-ddd:hh24:mi",
        ),
    ]
    if found:
        return found
    of_day = [_minutes(each, _DAY) for each in (backup or "").split("-") if each]
    of_week = [_minutes(each, _WEEK) for each in (maintenance or "").lower().split("-") if each]
    if of_day and (of_day[1] - of_day[0]) % _DAY < 30:
        found.append(f"PreferredBackupWindow = {backup!r}: allowed: at least 30 minutes")
    if of_week and not 30 <= (of_week[1] - of_week[0]) % _WEEK <= _DAY:
        found.append(
            f"PreferredMaintenanceWindow = {maintenance!r}: allowed: 30 minutes to 24 hours"
        )
    if of_day and of_week:
        length = (of_day[1] - of_day[0]) % _DAY
        begins = of_week[0] + (of_day[0] - of_week[0]) % _DAY
        if (
            begins < of_week[0] + (of_week[1] - of_week[0]) % _WEEK
            or begins + length - _DAY > of_week[0]
        ):
            found.append(
                "PreferredBackupWindow: allowed: a window that does not conflict with "
                f"PreferredMaintenanceWindow, {maintenance}"
            )
    return found


def _minutes(clock: str, within: int) -> int:
    hours, minutes = clock[-5:].split(":")
    day = _WEEKDAYS.index(clock[:3]) if within == _WEEK else 0
    return day * _DAY + int(hours) * 60 + int(minutes)


def created(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html, for PostgreSQL."""
    allowed = "at most 63 letters, digits and underscores, no digit first"
    found = [
        *identifiers(params),
        *unless(_DATABASE, "DBName", params.get("DBName"), allowed),
        *unless(_DATABASE, "DatabaseName", params.get("DatabaseName"), allowed),
        *unless(_USER, "MasterUsername", params.get("MasterUsername"), allowed),
    ]
    if "postgres" not in params.get("Engine", "postgres"):
        return found + sizes(params)
    found += [
        line
        for member, rule in (
            ("DBName", rules.database_name),
            ("DatabaseName", rules.database_name),
            ("MasterUsername", rules.master_user),
        )
        for line in refused(member, params.get(member), rule)
    ]
    class_, version = params.get("DBInstanceClass"), params.get("EngineVersion")
    if class_ and version and params.get("Engine") == "postgres":
        found += refused(
            "DBInstanceClass", class_, lambda each: rules.class_of_version(each, version)
        )
    return found + sizes(params)


def sizes(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html.

    A password is not repeated.
    """
    found = windows(params)
    days = params.get("BackupRetentionPeriod", 0)
    if not 0 <= days <= 35:
        found.append(f"BackupRetentionPeriod = {days}: allowed: 0 to 35 days")
    if params.get("StorageType") == "gp3" and not 20 <= params.get("AllocatedStorage", 20) <= 65536:
        found.append(
            f"AllocatedStorage = {params['AllocatedStorage']}: allowed with gp3: 20 to 65536 GiB"
        )
    found += _storage_limit(params)
    insights = params.get("PerformanceInsightsRetentionPeriod", _INSIGHTS_DAYS[0])
    if insights not in _INSIGHTS_DAYS:
        found.append(
            f"PerformanceInsightsRetentionPeriod = {insights}: allowed: 7, 731, or 1 to 23 times 31 days"
        )
    password = params.get("MasterUserPassword")
    if password is not None and not _PASSWORD.fullmatch(password):
        found.append(
            'MasterUserPassword = (hidden): allowed: 8 to 128 printable ASCII characters but / " @ and space'
        )
    return found


def _storage_limit(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html.

    A limit of what there is turns the growing off.
    """
    most, allocated = params.get("MaxAllocatedStorage"), params.get("AllocatedStorage")
    if most is None or allocated is None or most == allocated:
        return []
    refusal = rules.storage_limit(most, allocated_gib=allocated)
    return [f"MaxAllocatedStorage = {most}: allowed: {refusal.allowed}"] if refusal else []
