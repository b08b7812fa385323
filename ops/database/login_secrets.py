"""The secrets of the database's logins: a user and a password each, and the strings composed of them.

A value is read, compared and put, and never printed.
"""

import json
from typing import Any, Final
from urllib.parse import quote_plus

from modules.compute.authorities import tls_parameters
from modules.settings.secrets import DATABASE_ROLES, SECRETS, SecretRow, connection_string
from ops.deployed import Deployed
from ops.facts.database import database_address

PENDING: Final = "AWSPENDING"
"""The label of a version that a rotation tries: a password that waits has it."""
PREVIOUS: Final = "AWSPREVIOUS"
NONE: Final = frozenset({"ResourceNotFoundException"})
STRINGS: Final = {row.login: row for row in SECRETS if row.login}
"""The connection string that belongs to each role's secret."""
LOGINS: Final = dict(zip(DATABASE_ROLES, STRINGS, strict=True))
"""The secret of each role."""


def value_of(deployed: Deployed, secret: str, label: str | None = None) -> str:
    """Return a value, the one in use or that of a label; empty where there is none."""
    answer = deployed.ask_unless(
        "secretsmanager",
        "GetSecretValue",
        NONE,
        SecretId=deployed.names.secret(secret),
        **({"VersionStage": label} if label else {}),
    )
    return str((answer or {}).get("SecretString", ""))


def login_in(deployed: Deployed, secret: str, label: str | None = None) -> dict[str, Any]:
    """Return the `username` and `password` in a secret; nothing where it holds none."""
    try:
        document = json.loads(value_of(deployed, secret, label))
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def put_value(deployed: Deployed, secret: str, value: str, *labels: str) -> None:
    """Make a value the one in use, or give it these labels."""
    deployed.ask(
        "secretsmanager",
        "PutSecretValue",
        SecretId=deployed.names.secret(secret),
        SecretString=value,
        **({"VersionStages": list(labels)} if labels else {}),
    )


def put_login(deployed: Deployed, secret: str, user: str, password: str, *labels: str) -> None:
    """Put a user's password, as `put_value` does."""
    document = json.dumps({"username": user, "password": password})
    put_value(deployed, secret, document, *labels)


def draw(deployed: Deployed, secret: str, user: str) -> str:
    """Draw a password, which waits beside the one in use, and return it."""
    answer = deployed.ask(
        "secretsmanager", "GetRandomPassword", PasswordLength=40, ExcludePunctuation=True
    )
    put_login(deployed, secret, user, str(answer["RandomPassword"]), PENDING)
    return str(answer["RandomPassword"])


def strings(deployed: Deployed, row: SecretRow, user: str, password: object) -> tuple[str, str]:
    """Return the connection string of a login, and how it was before it asked for TLS."""
    host, port = database_address(deployed)
    now, then = (
        connection_string(
            row,
            username=user,
            password=quote_plus(str(password)),
            host=host,
            port=str(port),
            name=deployed.settings.database.name,
            tls=tls,
        )
        for tls in (tls_parameters(deployed.settings.region), "")
    )
    return now, then
