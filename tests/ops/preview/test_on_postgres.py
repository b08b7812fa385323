"""A preview's database on a real PostgreSQL with TLS, where the master user is no superuser."""

import hashlib
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from ops.database.scram import verifier
from ops.database.script import CHANGED, FAILED, SAYS, packed
from ops.database.sql_files import SqlFile
from ops.preview.sql import DOWN, FILLED, TAKEN, UP, down_scripts, up_scripts
from tests.ops.database.postgres import (
    DATABASE,
    MASTER,
    PROGRAMS,
    Answer,
    Postgres,
    answer,
    new_database,
    running_postgres,
)

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(
        not (PROGRAMS / "initdb").exists(),
        reason="no PostgreSQL 15: `apt-get install postgresql-15`",
    ),
]

NAME = "preview_pr_12"
PASSWORD = "planted-preview-password"
SCHEMA = {
    "0001-first.sql": """
        CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;
        CREATE SCHEMA auth;
        CREATE TABLE public."Event" (id uuid DEFAULT public.gen_random_uuid() PRIMARY KEY, number serial);
    """,
    "optaplanner-0002.sql": "create table admin_user (id int);",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with running_postgres() as running:
        yield running


@dataclass(frozen=True, kw_only=True)
class Instance:
    """The base's instance, with the tasks that run on it."""

    server: Postgres
    folder: Path

    def task(self, script: str, scripts: Mapping[str, str], **environment: str) -> Answer:
        """Run a script as ECS would, as the master user in the base's database."""
        archive = packed(scripts)
        (self.folder / "bundle").write_bytes(archive)
        wget = self.folder / "wget"
        wget.write_text('#!/bin/sh\ncp "$BUNDLE_URL" "$5"\n')
        wget.chmod(0o755)
        of_master = self.server.environment(MASTER)
        return answer(
            ["sh", "-c", script],
            {
                **of_master,
                "PATH": f"{self.folder}:{of_master['PATH']}",
                "BUNDLE_URL": str(self.folder / "bundle"),
                "BUNDLE_SHA256": hashlib.sha256(archive).hexdigest(),
                "TMPDIR": str(self.folder),
                **environment,
            },
        )

    def up(
        self, files: Mapping[str, str], *, copies: bool = False, password: str = PASSWORD
    ) -> Answer:
        """What `preview up` runs."""
        given = [SqlFile(name=name, text=text, role=None) for name, text in files.items()]
        return self.task(
            UP,
            up_scripts(NAME, verifier=verifier(password), files=given),
            COPIES="yes" if copies else "no",
            PREVIEW=NAME,
        )

    def down(self) -> Answer:
        """What `preview down` runs."""
        return self.task(DOWN, down_scripts(NAME))

    def sql(self, statement: str, *, database: str = NAME, password: str = PASSWORD) -> Answer:
        """Run a statement as the preview's role."""
        return self.server.sql(
            MASTER, statement, PGDATABASE=database, PGUSER=NAME, PGPASSWORD=password
        )

    def of_master(self, statement: str, *, database: str = DATABASE) -> list[str]:
        """Run a statement as the master user, that has to work."""
        ended = self.server.sql(MASTER, statement, PGDATABASE=database)
        assert ended.code == 0, ended.errors
        return ended.text.split()

    def names(self) -> list[str]:
        """The databases and roles that the preview has, or has had."""
        return self.of_master(
            f"SELECT datname FROM pg_database WHERE datname LIKE 'preview%' UNION ALL "  # noqa: S608
            f"SELECT rolname FROM pg_roles WHERE rolname = '{NAME}'"
        )


@pytest.fixture
def instance(server: Postgres, tmp_path: Path) -> Iterator[Instance]:
    new_database(server)
    made = Instance(server=server, folder=tmp_path)
    assert made.names() == []
    yield made
    made.of_master(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
    made.of_master(f"DROP ROLE IF EXISTS {NAME}")


def said(ended: Answer) -> list[str]:
    return [line.removeprefix(SAYS) for line in ended.text.splitlines() if line.startswith(SAYS)]


def test_the_schema_is_the_roles_own_in_a_database_of_its_own(instance: Instance) -> None:
    ended = instance.up(SCHEMA)

    assert ended.code == 0, ended.errors
    assert [line for line in said(ended) if line.startswith("applied ")] == [
        "applied 0001-first.sql",
        "applied optaplanner-0002.sql",
    ]
    for statement in (
        'INSERT INTO "Event" DEFAULT VALUES',
        "CREATE TABLE auth.mine (id int)",
        "CREATE SCHEMA hdb_catalog",
        "INSERT INTO admin_user VALUES (1)",
        "CREATE EXTENSION IF NOT EXISTS pgcrypto SCHEMA public",
    ):
        answered = instance.sql(statement)
        assert answered.code == 0, answered.errors
    assert instance.of_master("SELECT count(*) FROM pg_class WHERE relname = 'Event'") == ["0"]


def test_a_second_run_applies_what_is_new_and_takes_the_new_password(instance: Instance) -> None:
    assert instance.up(SCHEMA).code == 0

    ended = instance.up(SCHEMA | {"0003-more.sql": "CREATE TABLE more (id int);"}, password="next")

    assert ended.code == 0, ended.errors
    assert [line for line in said(ended) if line.startswith("applied ")] == [
        "applied 0003-more.sql"
    ]
    assert instance.sql("SELECT FROM more", password="next").code == 0
    assert instance.sql("SELECT FROM more").code != 0


def test_a_file_that_has_changed_is_refused(instance: Instance) -> None:
    assert instance.up(SCHEMA).code == 0

    ended = instance.up(SCHEMA | {"0001-first.sql": "CREATE TABLE another (id int);"})

    assert ended.code == CHANGED
    assert "changed 0001-first.sql" in said(ended)
    assert instance.sql("SELECT FROM another").code != 0


def test_a_copy_holds_what_the_base_holds_and_belongs_to_the_role(instance: Instance) -> None:
    for statement in (
        "CREATE ROLE hasura; CREATE ROLE supertokens; GRANT hasura, supertokens TO CURRENT_USER",
        "CREATE EXTENSION pgcrypto; CREATE EXTENSION citext",
        "CREATE TABLE note (id serial, text citext); INSERT INTO note (text) VALUES ('kept')",
        "CREATE SCHEMA hdb_catalog AUTHORIZATION hasura; CREATE TABLE hdb_catalog.hdb_version (v int)",
        "ALTER TABLE hdb_catalog.hdb_version OWNER TO hasura; GRANT SELECT ON note TO hasura",
        "GRANT CREATE, USAGE ON SCHEMA public TO supertokens",
        "CREATE TABLE supertokens_user (id int); ALTER TABLE supertokens_user OWNER TO supertokens",
    ):
        instance.of_master(statement)

    ended = instance.up({}, copies=True)

    assert ended.code == 0, ended.errors
    assert instance.sql("SELECT text FROM note").text.strip() == "kept"
    assert instance.sql("INSERT INTO note (text) VALUES ('new')").code == 0
    assert instance.of_master("SELECT count(*) FROM note") == ["1"]
    assert instance.of_master(
        "SELECT DISTINCT relowner::regrole FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
        "WHERE relkind = 'r' AND nspname IN ('public', 'hdb_catalog')",
        database=NAME,
    ) == [NAME]


def test_a_second_run_copies_nothing_over_what_is_there(instance: Instance) -> None:
    instance.of_master("CREATE TABLE note (text text); INSERT INTO note VALUES ('kept')")
    assert instance.up({}, copies=True).code == 0
    instance.sql("UPDATE note SET text = 'mine'")

    ended = instance.up({}, copies=True)

    assert ended.code == 0, ended.errors
    assert instance.sql("SELECT text FROM note").text.strip() == "mine"


def test_one_that_was_cut_short_begins_anew(instance: Instance) -> None:
    broken = instance.up(
        SCHEMA | {"0003-broken.sql": "CREATE TABLE half (id int); SELECT nothing;"}
    )
    assert broken.code == FAILED
    filled = (
        "SELECT count(*) FROM pg_database "  # noqa: S608
        f"WHERE datname = '{NAME}' AND shobj_description(oid, 'pg_database') = '{FILLED}'"
    )
    assert instance.of_master(filled) == ["0"]

    ended = instance.up({"0001-other.sql": "CREATE TABLE other (id int);"})

    assert ended.code == 0, ended.errors
    assert instance.sql("SELECT FROM other").code == 0
    assert instance.sql('SELECT FROM "Event"').code != 0
    assert instance.of_master(filled) == ["1"]


def test_the_bases_roles_may_not_enter_it_and_its_role_reads_nothing_of_the_base(
    instance: Instance,
) -> None:
    instance.of_master("CREATE TABLE private (id int)")
    instance.of_master("CREATE ROLE hasura LOGIN PASSWORD 'planted-hasura-password'")
    assert instance.up(SCHEMA).code == 0

    entered = instance.server.sql("hasura", "SELECT 1", PGDATABASE=NAME)
    read = instance.sql("SELECT FROM private", database=DATABASE)
    made = instance.sql("CREATE TABLE mine (id int)", database=DATABASE)

    assert "permission denied for database" in entered.errors
    assert "permission denied for table private" in read.errors
    assert "permission denied for schema public" in made.errors


def test_its_end_leaves_nothing_although_somebody_is_connected(instance: Instance) -> None:
    instance.of_master("CREATE TABLE kept (id int)")
    assert instance.up(SCHEMA).code == 0
    assert instance.names() == [NAME, NAME]

    busy = subprocess.Popen(
        ["psql", "-Xq", "-c", "SELECT pg_sleep(60)"],
        env={
            **instance.server.environment(MASTER),
            "PGDATABASE": NAME,
            "PGUSER": NAME,
            "PGPASSWORD": PASSWORD,
        },
        stderr=subprocess.PIPE,
        text=True,
    )
    asleep = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{NAME}'"  # noqa: S608
    while instance.of_master(asleep) == ["0"]:
        time.sleep(0.1)

    ended = instance.down()

    assert ended.code == 0, ended.errors
    assert "terminating connection" in busy.communicate()[1]
    assert instance.names() == []
    assert instance.of_master("SELECT count(*) FROM kept") == ["0"]
    assert instance.down().code == 0


def test_a_role_of_somebody_else_is_neither_taken_nor_dropped(instance: Instance) -> None:
    instance.of_master(f"CREATE ROLE {NAME} LOGIN PASSWORD 'theirs'")

    ended = instance.up(SCHEMA)

    assert ended.code == TAKEN
    assert instance.down().code == 0
    assert instance.names() == [NAME]
