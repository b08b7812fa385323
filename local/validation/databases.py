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
    return found + sizes(params)


def sizes(params: Params) -> list[str]:
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html.

    A password is not repeated.
    """
    found = []
    days = params.get("BackupRetentionPeriod", 0)
    if not 0 <= days <= 35:
        found.append(f"BackupRetentionPeriod = {days}: allowed: 0 to 35 days")
    if params.get("StorageType") == "gp3" and not 20 <= params.get("AllocatedStorage", 20) <= 65536:
        found.append(
            f"AllocatedStorage = {params['AllocatedStorage']}: allowed with gp3: 20 to 65536 GiB"
        )
    password = params.get("MasterUserPassword")
    if password is not None and not _PASSWORD.fullmatch(password):
        found.append(
            'MasterUserPassword = (hidden): allowed: 8 to 128 printable ASCII characters but / " @ and space'
        )
    return found
