"""`database connect`: psql, or any other client, to the private database."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from aws.client import asking, client_of
from common.errors import UserError
from common.screen import AsJson, Stage, print_json, progress_on_screen, say, tell
from modules.compute.authorities import authorities
from ops.database.logins import password_of
from ops.deployed import Deployed, open_with_database
from ops.facts.database import database_address, takes_iam_logins
from ops.tasks.sessions import check_plugin, left_to_the_child
from ops.tasks.tunnel import Tunnel, tunnel_to

_LOOK_SECONDS = 1


def connect(
    arguments: Annotated[
        list[str] | None, typer.Argument(help="behind `--`: arguments of psql, as in -c 'SELECT 1'")
    ] = None,
    *,
    stage: Stage,
    user: Annotated[
        str | None, typer.Option(help="who logs in; default: the database's master user")
    ] = None,
    iam: Annotated[
        bool,
        typer.Option(
            "--iam",
            help="with a token of IAM, good for 15 minutes, for a user that was granted rds_iam",
        ),
    ] = False,
    port: Annotated[
        int | None,
        typer.Option(
            min=1, max=65535, help="start no psql: open this port for any client until Ctrl-C"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Open psql on the private database, through a task that is started for it and stopped at the end.

    It needs Session Manager's plugin, `connect_enabled` in [database], and one to two minutes. The connection
    is verified by RDS's own authorities, through the tunnel. Session Manager ends a session that is quiet for
    20 minutes. No password is printed: with --port the secret that holds it is named.

    Example: `python -m ops database connect --stage prod -- -c 'SELECT count(*) FROM users'`,
    `python -m ops database connect --stage prod --port 15432`
    """
    if port and arguments:
        raise UserError("--port starts no psql: leave out --port, or what follows `--`")
    deployed = open_with_database(stage)
    check_plugin()
    if not port and shutil.which("psql") is None:
        raise UserError(
            "psql is not on PATH: install it, as in `apt-get install postgresql-client`, or open a port for "
            "another client with --port 15432"
        )
    host, database_port = database_address(deployed)
    who = user or deployed.settings.database.master_username
    password = _password(deployed, host, database_port, who, iam=iam)
    opened = False
    try:
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="atomic-database-"))
            with progress_on_screen(as_json) as progress:
                tunnel = stack.enter_context(
                    tunnel_to(deployed, host, database_port, local_port=port, progress=progress)
                )
            opened = True
            place = _place(deployed, host, tunnel.port, who, Path(folder))
            if port:
                _serve(deployed, tunnel, place, iam=iam, as_json=as_json)
                return
            code = _psql(deployed, tunnel, place, password, arguments or [], as_json=as_json)
    except KeyboardInterrupt:
        if opened and port:  # how it is meant to end
            return
        raise
    if as_json:
        print_json({**place, "task": tunnel.running.id, "exit_code": code})
    if code:
        raise typer.Exit(code)


def _password(deployed: Deployed, host: str, port: int, user: str, *, iam: bool) -> str:
    if not iam:
        return password_of(deployed, user)
    if not takes_iam_logins(deployed):
        raise UserError(
            f"{deployed.names.database} takes no login of IAM: leave out --iam, or deploy the stage, which "
            "turns it on"
        )
    with asking("rds-db:connect"):
        token: str = client_of(deployed.clients, "rds").generate_db_auth_token(
            DBHostname=host, Port=port, DBUsername=user
        )
    return token


def _place(deployed: Deployed, host: str, port: int, user: str, folder: Path) -> dict[str, str]:
    """Return a connection string's parts; `host` is what the certificate is for, `hostaddr` the way there."""
    pem = authorities(deployed.settings.region)
    parts = {
        "host": host,
        "hostaddr": "127.0.0.1",
        "port": str(port),
        "dbname": deployed.settings.database.name,
        "user": user,
        "sslmode": "verify-full" if pem else "require",
    }
    if pem:
        (folder / "rds.pem").write_text(pem)
        parts["sslrootcert"] = str(folder / "rds.pem")
    return parts


def _psql(
    deployed: Deployed,
    tunnel: Tunnel,
    place: Mapping[str, str],
    password: str,
    arguments: list[str],
    *,
    as_json: bool,
) -> int:
    text = " ".join(f"{name}={value}" for name, value in place.items())
    with (
        left_to_the_child(),
        subprocess.Popen(
            ["psql", "-d", text, *arguments],
            env={**deployed.workspace.process_environment(), "PGPASSWORD": password},
            stdout=sys.stderr if as_json else None,
        ) as psql,
    ):
        while True:
            try:
                return psql.wait(_LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                # A closed terminal or SIGTERM; Ctrl-C is psql's.
                if tunnel.running.interrupts.count:
                    psql.terminate()


def _serve(
    deployed: Deployed, tunnel: Tunnel, place: Mapping[str, str], *, iam: bool, as_json: bool
) -> None:
    """Tell how to connect, and wait for Ctrl-C. Raises UserError where the session ends before."""
    if as_json:
        print_json({**place, "task": tunnel.running.id, "exit_code": None})
    else:
        say(" ".join(f"{name}={value}" for name, value in place.items()))
        tell(_where_the_password_is(deployed, place, iam=iam))
        tell("open until Ctrl-C, which stops the task")
    sys.stdout.flush()
    while tunnel.is_open:
        tunnel.running.rest(_LOOK_SECONDS)
    raise UserError(
        "the session has ended: Session Manager ends one after 20 minutes without a word, or as its settings "
        "say; run the same command again"
    )


def _where_the_password_is(deployed: Deployed, place: Mapping[str, str], *, iam: bool) -> str:
    if iam:
        return (
            "the password is a token: aws rds generate-db-auth-token --hostname "
            f"{place['host']} --port 5432 --username {place['user']} --region {deployed.settings.region}"
        )
    secret = (
        "rds-master-credentials"
        if place["user"] == deployed.settings.database.master_username
        else f"{place['user']}-db-role"
    )
    return (
        "the password is in the secret: aws secretsmanager get-secret-value --secret-id "
        f"{deployed.names.secret(secret)}"
    )
