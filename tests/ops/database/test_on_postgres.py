"""The script of the task on a real PostgreSQL with TLS, where the master user is no superuser."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from modules.compute.authorities import FILE, tls_parameters
from modules.settings.secrets import SECRETS, connection_string
from ops.database.script import ASKS, CHANGED, CONNECT, FAILED, FETCH, SAYS, TASK, apply
from ops.database.sql_files import SqlFile
from tests.ops.database.postgres import (
    DATABASE,
    MASTER,
    PASSWORDS,
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

# Files of the shape that the application's have: extensions, schemas, functions, quoted names.
SCHEMA = {
    "0001-create-schema.sql": """
        CREATE SCHEMA IF NOT EXISTS auth;
        CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public;
        CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;
        CREATE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN NEW."updatedAt" = now(); RETURN NEW; END; $$;
    """,
    "atomic-schema-up.sql": """
        SET check_function_bodies = false;
        SELECT pg_catalog.set_config('search_path', '', false);
        CREATE TABLE public."Event" (
            id uuid DEFAULT public.gen_random_uuid() PRIMARY KEY, "updatedAt" timestamptz, number serial);
        CREATE TABLE auth.account (id int PRIMARY KEY);
        CREATE TRIGGER touch BEFORE UPDATE ON public."Event" FOR EACH ROW EXECUTE FUNCTION public.touch();
    """,
    "optaplanner-create-schema.sql": """
        create table admin_user (id int, password varchar(255));
        create table event_optaplanner (id varchar(255) primary key);
        create sequence hibernate_sequence start 1 increment 1;
    """,
}


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with running_postgres() as running:
        yield running


@pytest.fixture
def empty(server: Postgres) -> Postgres:
    """The server, with nothing in the database and no role but the master."""
    new_database(server)
    return server


@pytest.fixture(scope="module")
def applied(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Postgres:
    """The server with the whole schema, applied once."""
    new_database(server)
    ended = server.run(tmp_path_factory.mktemp("task"), SCHEMA)
    assert ended.code == 0, ended.errors
    return server


def said(ended: Answer) -> list[str]:
    return [line.removeprefix(SAYS) for line in ended.text.splitlines() if line.startswith(SAYS)]


def names(server: Postgres) -> list[str]:
    """What is applied, by the table that keeps it."""
    return server.done(
        MASTER, "SELECT name FROM atomic_infra.applied_file ORDER BY applied_at, name"
    ).splitlines()


MAY = {
    "supertokens": [
        "CREATE TABLE supertokens_user (id int)",
        "DROP TABLE supertokens_user",
    ],
    "hasura": [
        'INSERT INTO "Event" DEFAULT VALUES',
        'UPDATE "Event" SET number = 7',
        'SELECT * FROM "Event"',
        'DELETE FROM "Event"',
        "INSERT INTO auth.account VALUES (1)",
        "CREATE TABLE hdb_catalog.hdb_version (id int)",
        "CREATE EXTENSION IF NOT EXISTS pgcrypto SCHEMA public",
        "CREATE FUNCTION hdb_catalog.notify() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RETURN NEW; END $$",
        'CREATE TRIGGER notify AFTER INSERT ON "Event" EXECUTE FUNCTION hdb_catalog.notify()',
    ],
    "optaplanner": [
        "INSERT INTO event_optaplanner VALUES ('1')",
        "SELECT nextval('hibernate_sequence')",
        "SELECT * FROM admin_user",
    ],
}
MAY_NOT = {
    "supertokens": [
        'SELECT * FROM "Event"',
        "SELECT * FROM auth.account",
        "SELECT * FROM admin_user",
        "SELECT * FROM atomic_infra.applied_file",
        "CREATE SCHEMA mine",
        "CREATE ROLE another",
        "SET ROLE hasura",
    ],
    "hasura": [
        'DROP TABLE "Event"',
        'ALTER TABLE "Event" ADD COLUMN more int',
        "CREATE TABLE public.another (id int)",
        "SELECT * FROM event_optaplanner",
        "SELECT * FROM atomic_infra.applied_file",
        "SET ROLE postgresadmin",
    ],
    "optaplanner": [
        'SELECT * FROM "Event"',
        "INSERT INTO auth.account VALUES (2)",
        "SELECT * FROM hdb_catalog.hdb_version",
        "SELECT * FROM atomic_infra.applied_file",
        "SET ROLE postgresadmin",
    ],
}


def test_the_schema_is_made_in_order_and_each_file_is_remembered(applied: Postgres) -> None:
    assert names(applied) == list(SCHEMA)


@pytest.mark.parametrize(("role", "statements"), MAY.items())
def test_a_role_may_do_what_its_service_does(
    applied: Postgres, role: str, statements: list[str]
) -> None:
    for statement in statements:
        applied.done(role, statement)


@pytest.mark.parametrize(
    ("role", "statement"), [(role, each) for role, some in MAY_NOT.items() for each in some]
)
def test_a_role_may_not_do_what_is_anothers(applied: Postgres, role: str, statement: str) -> None:
    applied.sql("hasura", "CREATE TABLE IF NOT EXISTS hdb_catalog.hdb_version (id int)")

    ended = applied.sql(role, statement)

    assert ended.code == 1
    assert "permission denied" in ended.errors or "must be owner" in ended.errors


@pytest.mark.parametrize("role", PASSWORDS)
def test_the_right_authority_logs_in(applied: Postgres, role: str) -> None:
    assert applied.done(role, "SELECT current_user") == role


@pytest.mark.parametrize("role", PASSWORDS)
@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ("authority", "certificate verify failed"),
        ("host", 'does not match host name "127.0.0.1"'),
        ("password", "password authentication failed"),
        ("tls", "no encryption"),
    ],
)
def test_a_wrong_authority_host_or_password_does_not(
    applied: Postgres, role: str, changed: str, error: str
) -> None:
    wrong = {
        "authority": {"PGSSLROOTCERT": str(applied.foreign)},
        "host": {"PGHOST": "127.0.0.1"},
        "password": {"PGPASSWORD": "wrong"},
        "tls": {"PGSSLMODE": "disable"},
    }[changed]

    ended = applied.sql(role, "SELECT 1", **wrong)

    assert ended.code == 2
    assert error in ended.errors


JARS = sorted(Path.home().glob(".m2/repository/org/postgresql/postgresql/*/postgresql-*.jar"))


@pytest.mark.skipif(
    not JARS or shutil.which("java") is None, reason="no java, or no pgJDBC in ~/.m2"
)
@pytest.mark.parametrize(
    ("host", "authority", "printed", "error"),
    [
        ("localhost", "authority", "optaplanner\n", ""),
        ("localhost", "foreign", "", "unable to find valid certification path"),
        ("127.0.0.1", "authority", "", "could not be verified by hostnameverifier"),
    ],
)
def test_jdbc_verifies_by_the_same_parameters(
    applied: Postgres, host: str, authority: str, printed: str, error: str
) -> None:
    """GIVEN the string that is composed for OptaPlanner, with this machine's file in it."""
    row = next(row for row in SECRETS if row.name == "optaplanner-db-conn-string")
    url = connection_string(
        row,
        username="",
        password="",
        host=host,
        port=str(applied.port),
        name=DATABASE,
        tls=tls_parameters("us-east-1"),
    ).replace(FILE, str(getattr(applied, authority)))

    ended = answer(
        [
            "java",
            "-cp",
            str(JARS[-1]),
            str(Path(__file__).parent / "Login.java"),
            url,
            "optaplanner",
        ],
        {"PATH": os.environ["PATH"], "PASSWORD": PASSWORDS["optaplanner"]},
    )

    assert ended.text == printed
    assert error in ended.errors


def test_libpq_takes_the_composed_string_as_it_is(applied: Postgres) -> None:
    row = next(row for row in SECRETS if row.name == "hasura-db-conn-string")
    url = connection_string(
        row,
        username="hasura",
        password=PASSWORDS["hasura"],
        host="localhost",
        port=str(applied.port),
        name=DATABASE,
        tls=tls_parameters("us-east-1"),
    )

    right = [
        "psql",
        "-XqAt",
        url.replace(FILE, str(applied.authority)),
        "-c",
        "SELECT current_user",
    ]
    wrong = ["psql", "-XqAt", url.replace(FILE, str(applied.foreign)), "-c", "SELECT current_user"]
    environment = {"PATH": os.environ["PATH"]}

    assert answer(right, environment).text == "hasura\n"
    assert "certificate verify failed" in answer(wrong, environment).errors


def test_the_task_itself_takes_no_wrong_authority(empty: Postgres, tmp_path: Path) -> None:
    environment = empty.task_environment(tmp_path, SCHEMA, may_move=False)

    ended = answer(["sh", "-c", TASK], {**environment, "PGSSLROOTCERT": str(empty.foreign)})

    assert ended.code == CONNECT
    assert "certificate verify failed" in ended.errors


def test_an_archive_that_was_altered_is_not_run(empty: Postgres, tmp_path: Path) -> None:
    environment = empty.task_environment(tmp_path, SCHEMA, may_move=False)

    ended = answer(["sh", "-c", TASK], {**environment, "BUNDLE_SHA256": "0" * 64})

    assert (ended.code, said(ended)) == (FETCH, ["the files were altered"])


def test_a_second_run_applies_nothing(empty: Postgres, tmp_path: Path) -> None:
    empty.run(tmp_path, SCHEMA)
    before = empty.done(MASTER, "SELECT * FROM atomic_infra.applied_file")

    again = empty.run(tmp_path, SCHEMA)

    assert again.code == 0
    assert [line for line in said(again) if line.startswith("appl")] == []
    assert [f"already {name}" for name in SCHEMA] == said(again)[1:-1]
    assert empty.done(MASTER, "SELECT * FROM atomic_infra.applied_file") == before


def test_a_broken_third_file_leaves_the_first_two_applied(empty: Postgres, tmp_path: Path) -> None:
    broken = {**SCHEMA, "optaplanner-create-schema.sql": "CREATE TABLE a (id int);\nSELEKT 1;\n"}

    ended = empty.run(tmp_path, broken)

    first, second, third = SCHEMA
    assert ended.code == FAILED
    assert said(ended)[-1] == f"applying {third}"
    assert {f"applied {first}", f"applied {second}"} <= {*said(ended)}
    assert f"psql:{third}:2: ERROR:" in ended.errors
    assert names(empty) == [first, second]
    assert empty.done(MASTER, "SELECT to_regclass('a')") == ""
    assert empty.run(tmp_path, SCHEMA).code == 0
    assert names(empty) == list(SCHEMA)


def test_a_changed_file_is_refused_by_name_and_nothing_is_done(
    empty: Postgres, tmp_path: Path
) -> None:
    empty.run(tmp_path, {"a.sql": "CREATE TABLE a (id int);"})

    ended = empty.run(
        tmp_path, {"a.sql": "CREATE TABLE a (id text);", "b.sql": "CREATE TABLE b (id int);"}
    )

    assert (ended.code, said(ended)) == (CHANGED, ["changed a.sql"])
    assert empty.done(MASTER, "SELECT to_regclass('b')") == ""


def test_no_password_is_in_what_the_task_prints_or_the_database_logs(
    empty: Postgres, tmp_path: Path
) -> None:
    ended = empty.run(tmp_path, SCHEMA)

    log = (empty.authority.parent / "log").read_text()
    assert "ALTER ROLE hasura" in log
    for role, password in PASSWORDS.items():
        assert password not in ended.text + ended.errors
        assert role == MASTER or password not in log


def killed_in(server: Postgres, folder: Path, place: str, patch: pytest.MonkeyPatch) -> None:
    """Run the task with a sleep at `place` in its script, and kill it while it sleeps."""
    marker = folder / "sleeping"
    slow = f"\\! touch {marker}\nSELECT pg_sleep(60);\n"

    def slowed(files: Sequence[SqlFile], verifiers: Mapping[str, str]) -> str:
        text = apply(files, verifiers)
        assert place in text
        return text.replace(place, slow + place, 1)

    with patch.context() as patched:
        patched.setattr("ops.database.script.apply", slowed)
        environment = server.task_environment(folder, SCHEMA, may_move=False)
    process = subprocess.Popen(
        ["sh", "-c", TASK],
        env=environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 30
    while not marker.exists():
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    # The whole group is this test's own: the shell and its psql.
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


STEPS = [
    "GRANT supertokens",
    "COMMIT;",
    "\\echo database-apply: applying 0001",
    "\\i 0001-create-schema.sql",
    "\\echo database-apply: applying atomic",
    "\\i atomic-schema-up.sql",
    "\\echo database-apply: applied atomic",
    "\\i optaplanner-create-schema.sql",
]


@pytest.mark.parametrize("place", STEPS)
def test_a_kill_between_two_steps_is_finished_by_the_same_command(
    empty: Postgres, tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_in(empty, tmp_path, place, monkeypatch)

    ended = empty.run(tmp_path, SCHEMA)

    assert ended.code == 0, ended.errors
    assert names(empty) == list(SCHEMA)
    assert empty.sql("hasura", 'SELECT * FROM "Event"').code == 0


def test_a_file_that_leaves_its_settings_behind_does_not_reach_the_next(
    empty: Postgres, tmp_path: Path
) -> None:
    files = {
        "1.sql": "SELECT set_config('search_path', '', false);",
        "2.sql": "CREATE TABLE unqualified (id int);",
    }

    assert empty.run(tmp_path, files).code == 0
    assert empty.done(MASTER, "SELECT 'public.unqualified'::regclass") == "unqualified"


# What a stage has whose services have logged in as the master user until now.
BEFORE = """
CREATE SCHEMA hdb_catalog;
CREATE EXTENSION pgcrypto;
CREATE TABLE hdb_catalog.hdb_version (id serial PRIMARY KEY, version text);
CREATE FUNCTION hdb_catalog.notify() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE VIEW hdb_catalog.seen AS SELECT 1 AS one;
CREATE TABLE supertokens_all_users (id int PRIMARY KEY);
CREATE TABLE event_optaplanner (id int);
CREATE TABLE admin_user (id int);
CREATE SEQUENCE hibernate_sequence;
CREATE TABLE "Event" (id serial PRIMARY KEY);
INSERT INTO supertokens_all_users VALUES (1);
"""
MOVED = [
    "schema hdb_catalog to hasura",
    "function hdb_catalog.notify() to hasura",
    "table hdb_catalog.hdb_version to hasura",
    "table public.admin_user to optaplanner",
    "table public.event_optaplanner to optaplanner",
    "table public.supertokens_all_users to supertokens",
    "sequence public.hibernate_sequence to optaplanner",
    "view hdb_catalog.seen to hasura",
]
LATER = {"0004-more.sql": "CREATE TABLE later (id int);"}


def owners(server: Postgres) -> dict[str, str]:
    rows = server.done(
        MASTER,
        "SELECT c.oid::regclass, relowner::regrole "
        "FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
        "WHERE nspname IN ('public', 'hdb_catalog') AND relkind IN ('r', 'v', 'S')",
    ).splitlines()
    return dict(row.split("|") for row in rows)


def test_an_upgrade_lists_what_would_change_hands_and_does_nothing_unasked(
    empty: Postgres, tmp_path: Path
) -> None:
    empty.done(MASTER, BEFORE)
    before = owners(empty)

    ended = empty.run(tmp_path, LATER)

    assert ended.code == ASKS
    assert sorted(line.removeprefix("move ") for line in said(ended)) == sorted(MOVED)
    assert owners(empty) == before
    assert empty.done(MASTER, "SELECT count(*) FROM pg_roles WHERE rolname = 'hasura'") == "0"


def test_an_upgrade_moves_what_is_a_roles_own_and_the_master_still_reads_it(
    empty: Postgres, tmp_path: Path
) -> None:
    empty.done(MASTER, BEFORE)

    ended = empty.run(tmp_path, LATER, may_move=True)

    assert ended.code == 0, ended.errors
    assert owners(empty) == {
        "hdb_catalog.hdb_version": "hasura",
        "hdb_catalog.hdb_version_id_seq": "hasura",
        "hdb_catalog.seen": "hasura",
        "supertokens_all_users": "supertokens",
        "event_optaplanner": "optaplanner",
        "admin_user": "optaplanner",
        "hibernate_sequence": "optaplanner",
        '"Event"': MASTER,
        '"Event_id_seq"': MASTER,
        "later": MASTER,
    }
    # Services that have not restarted still log in as the master user.
    assert empty.done(MASTER, "SELECT id FROM supertokens_all_users") == "1"
    assert empty.done("hasura", 'INSERT INTO "Event" DEFAULT VALUES RETURNING id') == "1"
    assert empty.done("supertokens", "SELECT id FROM supertokens_all_users") == "1"
    again = empty.run(tmp_path, LATER)
    assert (again.code, said(again)[1:]) == (0, ["already 0004-more.sql", "done"])


def test_a_role_that_somebody_else_has_made_is_asked_for(empty: Postgres, tmp_path: Path) -> None:
    empty.done(MASTER, "CREATE ROLE hasura LOGIN")

    ended = empty.run(tmp_path, LATER)

    assert (ended.code, said(ended)) == (ASKS, ["taken hasura"])


def test_without_a_file_the_roles_get_their_passwords_alone(
    empty: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "schema").mkdir()
    assert empty.run(tmp_path / "schema", SCHEMA).code == 0
    before = names(empty)
    monkeypatch.setitem(PASSWORDS, "hasura", "planted-newer-password")

    ended = empty.run(tmp_path, {}, may_move=True)

    assert ended.code == 0, ended.errors
    assert empty.done("hasura", "SELECT current_user") == "hasura"
    assert names(empty) == before
    monkeypatch.undo()
    assert empty.run(tmp_path, {}, may_move=True).code == 0
