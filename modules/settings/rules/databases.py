"""What RDS and PostgreSQL keep for themselves.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html refuses the engine's
reserved words as `MasterUsername` and as `DBName`, and lists none. What is not in PostgreSQL's own list are
words that RDS has answered "reserved word" to, in public reports.
"""

import re

from modules.settings.rules.refusal import Refusal

# PostgreSQL 15's reserved words: pg_get_keywords(), categories R and T.
# https://www.postgresql.org/docs/15/sql-keywords-appendix.html
_RESERVED_WORDS = (
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization",
    "binary", "both", "case", "cast", "check", "collate", "collation", "column", "concurrently",
    "constraint", "create", "cross", "current_catalog", "current_date", "current_role", "current_schema",
    "current_time", "current_timestamp", "current_user", "default", "deferrable", "desc", "distinct", "do",
    "else", "end", "except", "false", "fetch", "for", "foreign", "freeze", "from", "full", "grant", "group",
    "having", "ilike", "in", "initially", "inner", "intersect", "into", "is", "isnull", "join", "lateral",
    "leading", "left", "like", "limit", "localtime", "localtimestamp", "natural", "not", "notnull", "null",
    "offset", "on", "only", "or", "order", "outer", "overlaps", "placing", "primary", "references",
    "returning", "right", "select", "session_user", "similar", "some", "symmetric", "table", "tablesample",
    "then", "to", "trailing", "true", "union", "unique", "user", "using", "variadic", "verbose", "when",
    "where", "window", "with",
)  # fmt: skip
# The last two are no names of roles in PostgreSQL: https://www.postgresql.org/docs/15/sql-createrole.html
# The others are roles that RDS makes, or its own words:
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.html
_ROLES = frozenset(
    {
        "admin",
        "rds_ad",
        "rds_iam",
        "rds_password",
        "rds_replication",
        "rds_reserved",
        "rds_superuser",
        "rdsadmin",
        "rdsproxyadmin",
        "rdsrepladmin",
        "rdstopmgr",
        "none",
        "public",
    }
)
_DATABASES = frozenset(
    {
        "catalog",
        "control",
        "database",
        "db",
        "dispatch",
        "flag",
        "rdsadmin",
        "template0",
        "template1",
    }
)
# What RDS for PostgreSQL still makes, in Extended Support too; Aurora Serverless v2 begins later.
# https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html
# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.requirements.html
_OLDEST_MAJOR_VERSION = 11
_OLDEST_SERVERLESS_VERSION = 13
# From which major version on a family of parameters has `rds.force_ssl` = 1 by itself.
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html
# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Security.html
_FORCES_TLS_FROM = {"postgres": 15, "aurora-postgresql": 17}
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Types.html
_INSTANCE_SIZE = re.compile(r"micro|small|medium|large|([2-9]|[1-9][0-9])?xlarge")

# The classes that RDS for PostgreSQL has for versions before this one alone.
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Support.html
_OLD_CLASS = re.compile(r"db\.(t2|m3|m4|r3|r4)\..*")
_FIRST_WITHOUT_OLD_CLASSES = 13
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html
_MOST_STORAGE_GIB = 65536


def is_default(parameter: str, family: str) -> bool:
    """Return whether a parameter has its default value as the platform sets it, in `postgres15` and so on."""
    engine = family.rstrip("0123456789")
    version = int(family.removeprefix(engine) or 0)
    return parameter == "rds.force_ssl" and version >= _FORCES_TLS_FROM.get(engine, version + 1)


def master_user(name: str) -> Refusal | None:
    """Refuse what PostgreSQL or RDS has as a role, or reads as a word of its language."""
    lower = name.lower()
    if lower.startswith("pg_"):
        allowed = 'a name that does not begin with "pg_", which PostgreSQL keeps for its own roles'
    elif lower in _ROLES or lower in _RESERVED_WORDS:
        allowed = f'a name that RDS and PostgreSQL do not keep for themselves, as they do "{name}"'
    else:
        return None
    return Refusal(allowed=allowed, remedy='choose another, as in "postgresadmin", or leave it out')


def database_name(name: str) -> Refusal | None:
    """Refuse what is a database of PostgreSQL's or RDS's own, or a word of the language."""
    lower = name.lower()
    if lower not in _DATABASES and lower not in _RESERVED_WORDS:
        return None
    return Refusal(
        allowed=f'a name that RDS and PostgreSQL do not keep for themselves, as they do "{name}"',
        remedy='choose another, as in "atomicdb", or leave it out',
    )


def engine_version(version: str, *, serverless: bool) -> Refusal | None:
    """Refuse versions that AWS makes no database of any more."""
    oldest = _OLDEST_SERVERLESS_VERSION if serverless else _OLDEST_MAJOR_VERSION
    if int(version.partition(".")[0]) >= oldest:
        return None
    what = "Aurora Serverless v2" if serverless else "RDS"
    return Refusal(
        allowed=f"{oldest} or later, which {what} has",
        remedy='pin the major version only, as in "15"',
    )


def instance_class(name: str) -> Refusal | None:
    """Refuse a size that no class of RDS has."""
    if _INSTANCE_SIZE.fullmatch(name.rpartition(".")[2]):
        return None
    return Refusal(
        allowed="an RDS instance class, whose last part is its size: micro, small, medium, large, xlarge or "
        "a number before xlarge",
        remedy='write it as in "db.t3.small"',
    )


def class_of_version(name: str, version: str) -> Refusal | None:
    """Refuse a class that RDS no longer has for a version of PostgreSQL."""
    old = int(version.partition(".")[0]) < _FIRST_WITHOUT_OLD_CLASSES
    if old or not _OLD_CLASS.fullmatch(name):
        return None
    return Refusal(
        allowed=f"a class that RDS has for PostgreSQL {_FIRST_WITHOUT_OLD_CLASSES} and later: none of "
        "db.t2, db.m3, db.m4, db.r3 and db.r4",
        remedy='write a later one, as in "db.t3.small"',
    )


def _least_limit_gib(allocated_gib: int) -> int:
    """Return the least that storage may be allowed to grow to: a tenth more than there is."""
    return -(-allocated_gib * 11 // 10)


def default_limit_gib(allocated_gib: int) -> int | None:
    """Return how far storage may grow where nobody says; None where RDS has no tenth more to give."""
    if _least_limit_gib(allocated_gib) > _MOST_STORAGE_GIB:
        return None
    return min(5 * allocated_gib, _MOST_STORAGE_GIB)


def storage_limit(most_gib: int, *, allocated_gib: int) -> Refusal | None:
    """Refuse a limit of growing storage that is too near to what there is."""
    least = _least_limit_gib(allocated_gib)
    if most_gib >= least:
        return None
    possible = least <= _MOST_STORAGE_GIB
    return Refusal(
        allowed=f"at least a tenth more than the allocated {allocated_gib} GiB: {least}",
        remedy=f"write {least} or more, or leave it out" if possible else "leave it out",
    )
