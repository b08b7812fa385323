"""What psql runs inside the stage, as the master user: roles, files, privileges. Pure: text out.

A look comes first, which changes nothing. Then each step is a transaction: the roles with what they own, and
each file with what is granted on it and its row in `atomic_infra.applied_file`. So whatever ends it early,
the same command goes on where it stopped. What a file is called was checked before.
"""

import gzip
import io
import tarfile
from collections.abc import Mapping, Sequence
from typing import Final

from modules.settings.secrets import DATABASE_ROLES as ROLES
from ops.database.sql_files import SqlFile

LOOK, APPLY = "look.psql", "apply.psql"
SAYS: Final = "database-apply: "
"""Begins each line that the task writes of its own, among those of psql."""

_MADE: Final = "made by python -m ops database apply"
_LOCK: Final = "DO $$ BEGIN PERFORM pg_advisory_xact_lock(7236415527); END $$;"

# Where the task is killed, the server ends its statement, too, and gives up what that has locked.
_SESSION: Final = """SELECT set_config(name, '2s', false) AS atomic_check FROM pg_settings
WHERE name = 'client_connection_check_interval' \\gset"""

# By the exit codes of the task.
FETCH, CONNECT, CHANGED, ASKS, FAILED = 3, 4, 6, 7, 8

# Begins what a task runs: it has fetched the files, and is in their folder.
FETCHES: Final = f"""
set -u
say() {{ echo "{SAYS}$*"; }}
run() {{ psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 --file="$1"; }}
folder=$(mktemp -d) && cd "$folder" || exit {FETCH}
wget -q -T 60 -O bundle.tar.gz "$BUNDLE_URL" || {{ say "the files could not be fetched"; exit {FETCH}; }}
echo "$BUNDLE_SHA256  bundle.tar.gz" | sha256sum -c - >sums || {{
    say "the files were altered"; exit {FETCH}; }}
tar xzf bundle.tar.gz || exit {FETCH}
"""

TASK: Final = f"""{FETCHES}
run {LOOK} >seen || {{ say "the database did not answer as it should"; exit {CONNECT}; }}
sed 's/^/{SAYS}/' seen
! grep -q '^changed ' seen || exit {CHANGED}
[ "$MAY_MOVE" = yes ] || ! grep -qE '^(move|taken) ' seen || exit {ASKS}
run {APPLY} || exit {FAILED}
say "done"
"""

# Tables that services of an earlier version made as the master user.
_MOVES: Final = """
    SELECT 1 AS step, 'schema ' || quote_ident(nspname) AS what, 'hasura' AS role,
        format('ALTER SCHEMA %I OWNER TO hasura', nspname) AS statement
    FROM pg_namespace WHERE nspname = 'hdb_catalog' AND nspowner = current_user::regrole
    UNION ALL
    SELECT 2, 'function ' || oid::regprocedure, 'hasura',
        format('ALTER ROUTINE %s OWNER TO hasura', oid::regprocedure)
    FROM pg_proc WHERE pronamespace = to_regnamespace('hdb_catalog') AND proowner = current_user::regrole
    UNION ALL
    SELECT 3, lower(kind) || ' ' || format('%I.%I', nspname, relname), role,
        format('ALTER %s %I.%I OWNER TO %I', kind, nspname, relname, role)
    FROM (
        SELECT c.oid, nspname, relname, relowner,
            CASE relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END AS kind,
            CASE WHEN nspname = 'hdb_catalog' THEN 'hasura'
                WHEN nspname <> 'public' THEN NULL
                WHEN lower(relname) LIKE 'supertokens\\_%' THEN 'supertokens'
                WHEN relname LIKE '%\\_optaplanner' OR relname IN ('admin_user', 'hibernate_sequence')
                    THEN 'optaplanner' END AS role
        FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
        WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    ) AS found
    WHERE role IS NOT NULL AND relowner = current_user::regrole
        -- A column's sequence goes with its table, and what is an extension's stays.
        AND NOT EXISTS (SELECT FROM pg_depend
            WHERE classid = 'pg_class'::regclass AND objid = found.oid AND deptype IN ('a', 'i', 'e'))
"""

# What the master user owns is the application's, but for our own table and what an extension brought.
_GRANTS: Final = """
SELECT format('GRANT USAGE ON SCHEMA %I TO hasura', nspname) FROM pg_namespace
WHERE nspname = 'public' OR (nspowner = current_user::regrole AND nspname <> 'atomic_infra') \\gexec
SELECT format('GRANT %s ON %s %I.%I TO hasura',
    CASE relkind WHEN 'S' THEN 'USAGE, SELECT, UPDATE' ELSE 'SELECT, INSERT, UPDATE, DELETE, TRIGGER' END,
    CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, nspname, relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND relowner = current_user::regrole
    AND nspname <> 'atomic_infra' AND nspname NOT LIKE 'pg\\_%'
    AND NOT EXISTS (SELECT FROM pg_depend
        WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e') \\gexec
"""


def bundle(files: Sequence[SqlFile], verifiers: Mapping[str, str]) -> bytes:
    """Return the archive that the task fetches: the two scripts and the files; the same for the same."""
    return packed(
        {
            LOOK: look(files),
            APPLY: apply(files, verifiers),
            **{each.name: each.text for each in files},
        }
    )


def packed(members: Mapping[str, str]) -> bytes:
    """Return an archive of files by their names; the same for the same."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, text in members.items():
            content = text.encode()
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return gzip.compress(raw.getvalue(), mtime=0)


def changed(files: Sequence[SqlFile]) -> str:
    """Return what tells files that were applied and are others now."""
    sums = ", ".join(f"({quoted(each.name)}, {quoted(each.sha256)})" for each in files)
    # None are given where a password alone is new, or a database is copied: a list cannot be empty.
    sums = sums or "(NULL::text, NULL::text)"
    return f"""\
SELECT to_regclass('atomic_infra.applied_file') IS NOT NULL AS atomic_began \\gset
\\if :atomic_began
SELECT 'changed ' || name FROM (VALUES {sums}) AS given (name, sha256)
JOIN atomic_infra.applied_file AS applied USING (name) WHERE applied.sha256 <> given.sha256 ORDER BY name;
\\endif
"""  # noqa: S608  # text of our own


def look(files: Sequence[SqlFile]) -> str:
    """Return what tells changed files, tables that would change hands, and roles of somebody else."""
    names = ", ".join(map(quoted, ROLES))
    return f"""\
{changed(files)}SELECT 'taken ' || rolname FROM pg_roles WHERE rolname IN ({names})
AND shobj_description(oid, 'pg_authid') IS DISTINCT FROM {quoted(_MADE)} ORDER BY rolname;
SELECT 'move ' || what || ' to ' || role FROM ({_MOVES}) AS moves ORDER BY step, what;
"""  # noqa: S608  # text of our own


def apply(files: Sequence[SqlFile], verifiers: Mapping[str, str]) -> str:
    """Return what makes the roles and applies the files that are not applied yet."""
    return "\n".join([_roles(verifiers), *map(_file, files)])


def _roles(verifiers: Mapping[str, str]) -> str:
    names = ", ".join(ROLES)
    logins = "\n".join(
        f"ALTER ROLE {role} LOGIN PASSWORD {quoted(verifiers[role])};\n"
        f"COMMENT ON ROLE {role} IS {quoted(_MADE)};"
        for role in ROLES
    )
    return f"""
{_SESSION}
BEGIN;
{_LOCK}
SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY[{", ".join(map(quoted, ROLES))}]) AS given (name)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \\gexec
{logins}
GRANT {names} TO CURRENT_USER;
SELECT format('GRANT CONNECT ON DATABASE %I TO {names}', current_database()) \\gexec
GRANT USAGE ON SCHEMA public TO {names};
GRANT CREATE ON SCHEMA public TO supertokens, optaplanner;
SET LOCAL client_min_messages = warning;
-- Hasura asks for it, and may not make it.
CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public;
CREATE SCHEMA IF NOT EXISTS atomic_infra;
CREATE TABLE IF NOT EXISTS atomic_infra.applied_file (
    name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
SELECT statement FROM ({_MOVES}) AS moves ORDER BY step, what \\gexec
CREATE SCHEMA IF NOT EXISTS hdb_catalog AUTHORIZATION hasura;
{_GRANTS}
COMMIT;
\\echo {SAYS}roles {" ".join(ROLES)}
"""  # noqa: S608  # text of our own


def _file(file: SqlFile) -> str:
    become = f"SET LOCAL ROLE {file.role};" if file.role else ""
    return f"""
SELECT EXISTS (SELECT FROM atomic_infra.applied_file WHERE name = {quoted(file.name)}) AS atomic_done \\gset
\\if :atomic_done
\\echo {SAYS}already {file.name}
\\else
\\echo {SAYS}applying {file.name}
BEGIN;
{_LOCK}
INSERT INTO atomic_infra.applied_file (name, sha256) VALUES ({quoted(file.name)}, {quoted(file.sha256)});
{become}
\\i {file.name}
RESET ROLE;
{_GRANTS}
COMMIT;
DISCARD ALL;
{_SESSION}
\\echo {SAYS}applied {file.name}
\\endif
"""  # noqa: S608  # text of our own, and names that were checked


def quoted(value: str) -> str:
    """Return a value as a literal of SQL."""
    return "'" + value.replace("'", "''") + "'"
