"""A PostgreSQL of our own with TLS, whose master user is no superuser, as on RDS."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.database.scram import verifier
from ops.database.script import TASK, bundle
from ops.database.sql_files import SqlFile

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
MASTER, DATABASE = "postgresadmin", "atomicdb"
PASSWORDS = {
    MASTER: "planted-master-password",
    "supertokens": "planted-supertokens-password",
    "hasura": "planted-hasura-password",
    "optaplanner": "planted-optaplanner-password",
}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a program printed, and how it ended."""

    code: int
    text: str
    errors: str


@dataclass(frozen=True, kw_only=True)
class Postgres:
    """A server that runs; `authority` has signed its certificate for `localhost`, `foreign` has not."""

    port: int
    authority: Path
    foreign: Path

    def environment(self, role: str) -> dict[str, str]:
        """What lets psql log in as a role, as a container has it."""
        return {
            "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
            "PGHOST": "localhost",
            "PGPORT": str(self.port),
            "PGDATABASE": DATABASE,
            "PGUSER": role,
            "PGPASSWORD": PASSWORDS[role],
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": str(self.authority),
        }

    def sql(self, role: str, statement: str, **changed: str) -> Answer:
        """Run a statement as a role."""
        return answer(
            ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", statement],
            {**self.environment(role), **changed},
        )

    def done(self, role: str, statement: str) -> str:
        """Run a statement that has to work, and return what it gave."""
        ended = self.sql(role, statement)
        assert ended.code == 0, ended.errors
        return ended.text.strip()

    def run(
        self, folder: Path, files: Mapping[str, str], *, may_move: bool = False, task: str = TASK
    ) -> Answer:
        """Run the task's script with these files as ECS would."""
        return answer(["sh", "-c", task], self.task_environment(folder, files, may_move=may_move))

    def task_environment(
        self, folder: Path, files: Mapping[str, str], *, may_move: bool
    ) -> dict[str, str]:
        """What the task's container has, with a `wget` that fetches from a folder."""
        import hashlib  # noqa: PLC0415

        from ops.database.sql_files import role_of  # noqa: PLC0415

        given = [SqlFile(name=n, text=t, role=role_of(n)) for n, t in files.items()]
        archive = bundle(given, {role: verifier(word) for role, word in PASSWORDS.items()})
        (folder / "bundle").write_bytes(archive)
        wget = folder / "wget"
        wget.write_text('#!/bin/sh\ncp "$BUNDLE_URL" "$5"\n')
        wget.chmod(0o755)
        environment = self.environment(MASTER)
        return {
            **environment,
            "PATH": f"{folder}:{environment['PATH']}",
            "BUNDLE_URL": str(folder / "bundle"),
            "BUNDLE_SHA256": hashlib.sha256(archive).hexdigest(),
            "MAY_MOVE": "yes" if may_move else "no",
            "TMPDIR": str(folder),
        }


def answer(command: list[str], environment: Mapping[str, str]) -> Answer:
    """Run a command in this environment and no other."""
    ended = subprocess.run(
        command, env=dict(environment), capture_output=True, text=True, timeout=60, check=False
    )
    return Answer(code=ended.returncode, text=ended.stdout, errors=ended.stderr)


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Start one on a free port, with roles as RDS has them, and end it."""
    # Not pytest's folder, which nobody but its owner may enter; PostgreSQL refuses to run as root.
    folder = Path(tempfile.mkdtemp(prefix="atomic-postgres-"))
    user = "nobody" if os.geteuid() == 0 else None
    try:
        for name in ("authority", "foreign"):
            _openssl(
                folder,
                f"req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} "
                f"-keyout {name}.key -out {name}.pem",
            )
        _openssl(
            folder,
            "req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr",
        )
        (folder / "names").write_text("subjectAltName=DNS:localhost\n")
        _openssl(
            folder,
            "x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial "
            "-days 2 -extfile names -out server.pem",
        )
        data = folder / "data"
        if user:
            entry = pwd.getpwnam(user)
            for each in (folder, *folder.iterdir()):
                os.chown(each, entry.pw_uid, entry.pw_gid)
        folder.chmod(0o755)
        _as(user, ["initdb", "-D", str(data), "-U", "rdsadmin", "-A", "trust", "--no-sync"])
        (data / "pg_hba.conf").write_text(
            "local all rdsadmin trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n"
            "hostssl all all ::1/128 scram-sha-256\n"
        )
        port = _free_port()
        options = (
            f"-p {port} -k {folder} -c ssl=on -c ssl_cert_file={folder}/server.pem "
            f"-c ssl_key_file={folder}/server.key -c fsync=off -c log_statement=ddl"
        )
        _as(
            user,
            ["pg_ctl", "-D", str(data), "-w", "-o", options, "-l", str(folder / "log"), "start"],
        )
        try:
            admin = [
                "psql",
                "-Xq",
                "-h",
                str(folder),
                "-p",
                str(port),
                "-U",
                "rdsadmin",
                "postgres",
            ]
            for statement in (
                f"CREATE ROLE {MASTER} LOGIN CREATEROLE CREATEDB PASSWORD '{PASSWORDS[MASTER]}'",
                f"CREATE DATABASE {DATABASE} OWNER {MASTER}",
            ):
                _as(user, [*admin, "-c", statement])
            yield Postgres(
                port=port, authority=folder / "authority.pem", foreign=folder / "foreign.pem"
            )
        finally:
            _as(user, ["pg_ctl", "-D", str(data), "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server: Postgres) -> None:
    """Begin again: an empty database, and no roles but the master."""
    for _ in range(50):
        ended = server.sql(MASTER, f"DROP DATABASE {DATABASE} WITH (FORCE)", PGDATABASE="postgres")
        if ended.code == 0:
            break
        time.sleep(0.1)
    else:
        raise AssertionError(ended.errors)
    for role in ("supertokens", "hasura", "optaplanner"):
        server.sql(MASTER, f"DROP ROLE IF EXISTS {role}", PGDATABASE="postgres")
    made = server.sql(MASTER, f"CREATE DATABASE {DATABASE}", PGDATABASE="postgres")
    assert made.code == 0, made.errors


def _openssl(folder: Path, arguments: str) -> None:
    subprocess.run(["openssl", *arguments.split()], cwd=folder, check=True, capture_output=True)


def _as(user: str | None, command: list[str]) -> None:
    program, *arguments = command
    subprocess.run(
        [str(PROGRAMS / program), *arguments],
        user=user,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
