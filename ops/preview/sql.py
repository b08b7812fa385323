"""What psql runs for a preview, as the base's master user: a role and a database of its own. Pure: text out.

The database says in its comment that it is filled. One that does not was cut short on its way, nobody uses
it, and it begins anew.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from ops.database.script import CHANGED, CONNECT, FAILED, FETCHES, SAYS, changed, quoted
from ops.database.sql_files import SqlFile

MADE: Final = "made by python -m ops preview up"
FILLED: Final = "filled by python -m ops preview up"
TAKEN: Final = 9
"""The exit code where somebody else has a role of this name."""

# The dump goes through a file: of a pipe, sh tells the end of its last program alone. What an extension
# brings needs the master user, all else belongs to the preview's role from the start.
UP: Final = f"""{FETCHES}
run look.psql >seen || {{ say "the database did not answer as it should"; exit {CONNECT}; }}
sed 's/^/{SAYS}/' seen
! grep -q '^taken ' seen || exit {TAKEN}
run database.psql || exit {FAILED}
if [ "$COPIES" = yes ] && ! grep -q '^filled ' seen; then
    say "copying $PGDATABASE"
    run extensions.psql || exit {FAILED}
    pg_dump --format=custom --no-owner --no-privileges --file=copied || exit {FAILED}
    pg_restore --list copied | grep -v ' EXTENSION ' >wanted
    pg_restore --exit-on-error --no-owner --no-privileges --role="$PREVIEW" --dbname="$PREVIEW" \\
        --use-list=wanted copied || exit {FAILED}
fi
run changed.psql >changed || exit {FAILED}
sed 's/^/{SAYS}/' changed
! grep -q '^changed ' changed || exit {CHANGED}
run files.psql || exit {FAILED}
say "done"
"""
DOWN: Final = f"""{FETCHES}
run drop.psql || exit {FAILED}
say "done"
"""


def up_scripts(database: str, *, verifier: str, files: Sequence[SqlFile]) -> Mapping[str, str]:
    """Return what makes and fills a database, by the names that `UP` knows, with the files."""
    return {
        "look.psql": _look(database),
        "database.psql": _database(database, verifier),
        "extensions.psql": _extensions(database),
        "changed.psql": f"\\connect {database}\n{changed(files)}",
        "files.psql": _files(database, files),
        **{each.name: each.text for each in files},
    }


def down_scripts(database: str) -> Mapping[str, str]:
    """Return what drops a database and its role, and nothing that somebody else has made."""
    return {
        "drop.psql": f"""\
SELECT 'DROP DATABASE {database} WITH (FORCE)' FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba
WHERE datname = {quoted(database)} AND {_is_ours(database)} \\gexec
SELECT 'DROP ROLE {database}' FROM pg_roles WHERE {_is_ours(database)} \\gexec
"""  # noqa: S608  # a name that was checked
    }


def _is_ours(database: str) -> str:
    return (
        f"rolname = {quoted(database)} AND "
        f"shobj_description(pg_roles.oid, 'pg_authid') = {quoted(MADE)}"
    )


def _look(database: str) -> str:
    name = quoted(database)
    return f"""\
SELECT 'taken ' || rolname FROM pg_roles WHERE rolname = {name}
AND shobj_description(oid, 'pg_authid') IS DISTINCT FROM {quoted(MADE)};
SELECT 'filled ' || datname FROM pg_database WHERE datname = {name}
AND shobj_description(oid, 'pg_database') = {quoted(FILLED)};
"""  # noqa: S608  # a name that was checked


def _database(database: str, verifier: str) -> str:
    name = quoted(database)
    return f"""\
BEGIN;
SELECT 'CREATE ROLE {database}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {name}) \\gexec
ALTER ROLE {database} LOGIN PASSWORD {quoted(verifier)};
COMMENT ON ROLE {database} IS {quoted(MADE)};
GRANT {database} TO CURRENT_USER;
COMMIT;
SELECT 'DROP DATABASE {database} WITH (FORCE)' FROM pg_database WHERE datname = {name}
AND shobj_description(oid, 'pg_database') IS DISTINCT FROM {quoted(FILLED)} \\gexec
SELECT 'CREATE DATABASE {database} OWNER {database} TEMPLATE template0'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = {name}) \\gexec
-- The base's roles have no business in it.
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
"""  # noqa: S608  # a name that was checked


def _extensions(database: str) -> str:
    """Make the base's extensions in the preview's database: most need more than its role may."""
    return f"""\
SELECT coalesce(string_agg(format('CREATE EXTENSION IF NOT EXISTS %I WITH SCHEMA public', extname), ';'), '')
AS atomic_extensions FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace
WHERE nspname = 'public' \\gset
\\connect {database}
SET client_min_messages = warning;
:atomic_extensions;
"""  # noqa: S608  # text of our own


def _files(database: str, files: Sequence[SqlFile]) -> str:
    """Apply each file once, as the preview's role, and say that the database is filled."""
    applied = "".join(_file(database, each) for each in files)
    return f"""\
\\connect {database}
SET client_min_messages = warning;
SET ROLE {database};
CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public;
CREATE SCHEMA IF NOT EXISTS atomic_infra;
CREATE TABLE IF NOT EXISTS atomic_infra.applied_file (
    name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
{applied}
COMMENT ON DATABASE {database} IS {quoted(FILLED)};
"""


def _file(database: str, file: SqlFile) -> str:
    name = quoted(file.name)
    return f"""
SELECT EXISTS (SELECT FROM atomic_infra.applied_file WHERE name = {name}) AS atomic_done \\gset
\\if :atomic_done
\\echo {SAYS}already {file.name}
\\else
\\echo {SAYS}applying {file.name}
BEGIN;
INSERT INTO atomic_infra.applied_file (name, sha256) VALUES ({name}, {quoted(file.sha256)});
\\i {file.name}
COMMIT;
DISCARD ALL;
SET ROLE {database};
\\echo {SAYS}applied {file.name}
\\endif
"""  # noqa: S608  # names that were checked
