"""Who the services log in to the database as: passwords, connection strings, and the tag that says so.

A value is read, compared and put, and never printed. Whatever cuts the steps short, each looks first
whether it is done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from common.errors import UserError
from modules.settings.secrets import (
    DATABASE_ROLES,
    LOGIN_TAG,
    MASTER_CREDENTIALS,
    NOBODY_YET,
    OWN_ROLE,
    SecretRow,
)
from ops.database.login_secrets import (
    LOGINS,
    NONE,
    PENDING,
    STRINGS,
    draw,
    login_in,
    put_login,
    put_value,
    strings,
    value_of,
)
from ops.database.scram import verifier
from ops.deployed import Deployed

Outcome = Literal["replaced", "already", "kept"]


@dataclass(frozen=True, kw_only=True)
class Login:
    """A role with its password; `waits` says that its secret still holds another user's."""

    role: str
    secret: str
    password: str
    waits: bool

    @property
    def string(self) -> SecretRow:
        """The connection string that belongs to it."""
        return STRINGS[self.secret]


def login_states(deployed: Deployed) -> Mapping[str, str]:
    """Return, by role, what its secret's tag says; no role where the secret does not exist."""
    found = {}
    for role, secret in LOGINS.items():
        answer = deployed.ask_unless(
            "secretsmanager", "DescribeSecret", NONE, SecretId=deployed.names.secret(secret)
        )
        if answer is not None:
            tags = {each["Key"]: each["Value"] for each in answer.get("Tags", [])}
            found[role] = tags.get(LOGIN_TAG, NOBODY_YET)
    return found


def read_logins(deployed: Deployed) -> tuple[Login, ...]:
    """Return each role's password; one that is not drawn yet is drawn, and waits beside the value in use.

    Raises UserError where the stage does not have the secrets yet.
    """
    missing = set(DATABASE_ROLES) - login_states(deployed).keys()
    if missing:
        raise UserError(
            f"there is no secret for the role {sorted(missing)[0]}: deploy the stage first: "
            f"`cdktf deploy {deployed.settings.stack_name}`"
        )
    return tuple(_login(deployed, role, secret) for role, secret in LOGINS.items())


def password_of(deployed: Deployed, user: str) -> str:
    """Return a login's password, for a client that is about to use it. It must not be printed or written.

    Raises UserError for a user whose password the stage does not keep.
    """
    master = deployed.settings.database.master_username
    secrets = {master: MASTER_CREDENTIALS, **LOGINS}
    if user not in secrets:
        raise UserError(
            f"the stage keeps no password of {user!r}: allowed: {', '.join(secrets)}, or with --iam any that "
            "was granted rds_iam"
        )
    document = login_in(deployed, secrets[user])
    if document.get("username") != user:
        raise UserError(
            f"{user} cannot log in yet: `python -m ops database apply FOLDER --stage "
            f"{deployed.settings.stage}` makes the roles"
        )
    return str(document["password"])


def verifiers(logins: Sequence[Login]) -> dict[str, str]:
    """Return what PostgreSQL stores of each password."""
    found = {}
    for each in logins:
        if not each.password.isascii():
            raise UserError(f"the password in {each.secret} is not ASCII: set another one")
        found[each.role] = verifier(each.password)
    return found


def put_logins(deployed: Deployed, logins: Sequence[Login]) -> dict[str, Outcome]:
    """Let the services log in as their roles. A string is replaced only where it is the master user's."""
    user = deployed.settings.database.master_username
    password = login_in(deployed, MASTER_CREDENTIALS).get("password", "")
    outcomes: dict[str, Outcome] = {}
    for each in logins:
        row = each.string
        of_role, _ = strings(deployed, row, each.role, each.password)
        present = value_of(deployed, row.name)
        if present == of_role:
            outcomes[row.name] = "already"
        elif present in strings(deployed, row, user, password):
            put_value(deployed, row.name, of_role)
            outcomes[row.name] = "replaced"
        else:
            outcomes[row.name] = "kept"
        if each.waits:
            put_login(deployed, each.secret, each.role, each.password)
            outcomes[each.secret] = "replaced"
    return outcomes


def tag_logins(deployed: Deployed, logins: Sequence[Login]) -> None:
    """Say on each role's secret that the role is there: phase full asks for it."""
    for each in logins:
        deployed.ask(
            "secretsmanager",
            "TagResource",
            SecretId=deployed.names.secret(each.secret),
            Tags=[{"Key": LOGIN_TAG, "Value": OWN_ROLE}],
        )


def _login(deployed: Deployed, role: str, secret: str) -> Login:
    present = login_in(deployed, secret)
    if present.get("username") == role:
        return Login(role=role, secret=secret, password=str(present["password"]), waits=False)
    # The master user's, from before there were roles: running tasks need it until the role is there.
    password = login_in(deployed, secret, PENDING).get("password") or draw(deployed, secret, role)
    return Login(role=role, secret=secret, password=str(password), waits=True)
