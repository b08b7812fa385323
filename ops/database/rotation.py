"""Another password for a login of the database: drawn beside the one in use, given to the database, used.

The new one waits in Secrets Manager under the label of a version that a rotation tries. As long as it waits,
the rotation is under way, and whatever ended it, the same steps go on with the same password.
"""

import json
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote_plus

from common.errors import UserError
from common.progress import Progress
from modules.compute.authorities import tls_parameters
from modules.settings.secrets import DATABASE_ROLES, MASTER_CREDENTIALS, SECRETS, connection_string
from ops.database.scram import verifier
from ops.database.script import bundle
from ops.deployed import Deployed
from ops.facts.database import database_address, database_facts
from ops.tasks.database_task import apply_in_task

_CURRENT: Final = "AWSCURRENT"
_PENDING: Final = "AWSPENDING"
_PREVIOUS: Final = "AWSPREVIOUS"
_NONE: Final = frozenset({"ResourceNotFoundException"})
_NO_CLUSTER: Final = frozenset({"ClusterNotFoundException"})
_POLL_SECONDS, _LONGEST_SECONDS = 5, 900
_STRINGS: Final = {row.login: row for row in SECRETS if row.login}
LOGINS: Final = dict(zip(DATABASE_ROLES, _STRINGS, strict=True))
"""The secret of each role."""


class Rotation:
    """The rotation of one login; it reads values and never shows them."""

    def __init__(self, deployed: Deployed, user: str) -> None:
        """Take a user. Raises UserError for one whose password is not the stage's."""
        master = deployed.settings.database.master_username
        if user != master and user not in LOGINS:
            allowed = ", ".join([master, *LOGINS])
            raise UserError(f"{user!r} is no login of this stage's: allowed: {allowed}")
        self.user = user
        self.is_master = user == master
        self.secret = MASTER_CREDENTIALS if self.is_master else LOGINS[user]
        self.string = None if self.is_master else _STRINGS[self.secret]
        self._deployed = deployed

    def waits(self) -> bool:
        """Whether a new password is drawn and not in use."""
        drawn = self._document(_PENDING).get("password")
        return drawn is not None and drawn != self._document(_CURRENT).get("password")

    def draw(self) -> None:
        """Draw a new password, which waits."""
        if self._document(_CURRENT).get("username") != self.user:
            raise UserError(
                f"{self.user} cannot log in yet: `python -m ops database apply FOLDER --stage "
                f"{self._deployed.settings.stage}` makes the roles"
            )
        drawn = self._deployed.ask(
            "secretsmanager", "GetRandomPassword", PasswordLength=40, ExcludePunctuation=True
        )["RandomPassword"]
        self._deployed.ask(
            "secretsmanager",
            "PutSecretValue",
            SecretId=self._id,
            SecretString=json.dumps({"username": self.user, "password": drawn}),
            VersionStages=[_PENDING],
        )

    def give_to_database(self, progress: Progress) -> None:
        """Let the database take the password that waits; once more does no harm."""
        password = str(self._document(_PENDING)["password"])
        if not self.is_master:
            self._give_to_role(password, progress)
            return
        settings, name = self._deployed.settings, self._deployed.names.database
        kind = "Instance" if settings.database.engine == "postgres" else "Cluster"
        self._deployed.ask(
            "rds",
            f"ModifyDB{kind}",
            **{f"DB{kind}Identifier": name},
            MasterUserPassword=password,
            ApplyImmediately=True,
        )
        for _ in range(_LONGEST_SECONDS // _POLL_SECONDS):
            facts = database_facts(self._deployed)
            if facts and facts.status == "available" and "MasterUserPassword" not in facts.pending:
                return
            progress(f"{name}: {facts.status if facts else 'gone'}")
            time.sleep(_POLL_SECONDS)
        raise UserError(
            f"{name} had not taken the password after {_LONGEST_SECONDS // 60} minutes: run the same command "
            "again"
        )

    def make_current(self) -> None:
        """Let the password that waits be the one in use."""
        self._deployed.ask(
            "secretsmanager",
            "PutSecretValue",
            SecretId=self._id,
            SecretString=json.dumps(self._document(_PENDING)),
        )

    def string_is_of_before(self) -> bool:
        """Whether the service's connection string has the password before this one."""
        return self._string_value() in self._strings(_PREVIOUS)

    def put_string(self) -> None:
        """Compose the connection string anew."""
        assert self.string is not None  # noqa: S101  # of roles alone
        self._deployed.ask(
            "secretsmanager",
            "PutSecretValue",
            SecretId=self._deployed.names.secret(self.string.name),
            SecretString=self._strings(_CURRENT)[0],
        )

    def readers(self) -> tuple[str, ...]:
        """Return the services that read the login, by itself or in a string."""
        names = [self.secret, *([self.string.name] if self.string else [])]
        return tuple(sorted({each for name in names for each in self._deployed.readers_of(name)}))

    def is_unread(self) -> bool:
        """Whether the last rotation was ended before a service that reads the login was started anew."""
        current, pending = self._document(_CURRENT), self._document(_PENDING)
        answer = self._answer(self.string.name if self.string else self.secret, _CURRENT)
        services = [self._deployed.names.ecs_service(name) for name in self.readers()]
        if not services or answer is None or current != pending:
            return False
        found = self._deployed.ask_unless(
            "ecs",
            "DescribeServices",
            _NO_CLUSTER,
            cluster=self._deployed.names.cluster,
            services=services,
        )
        return any(
            deployment["createdAt"] < answer["CreatedDate"]
            for service in (found or {}).get("services", ())
            for deployment in service["deployments"]
            if deployment["status"] == "PRIMARY"
        )

    def _give_to_role(self, password: str, progress: Progress) -> None:
        passwords = {
            role: str(self._of(secret, _CURRENT).get("password", ""))
            for role, secret in LOGINS.items()
        } | {self.user: password}
        archive = bundle([], {role: verifier(each) for role, each in passwords.items()})
        ended = apply_in_task(self._deployed, archive, may_move=True, progress=progress)
        if ended.exit_code:
            last = ended.log[-1] if ended.log else "no line"
            raise UserError(
                f"task {ended.task_id} ended with {ended.exit_code} ({last}): the password in use stays; run "
                "the same command again"
            )

    def _strings(self, label: str) -> tuple[str, ...]:
        """Return the strings that have this password, as they are composed, and as they once were."""
        assert self.string is not None  # noqa: S101  # of roles alone
        document = self._document(label)
        if "password" not in document:
            return ()
        host, port = database_address(self._deployed)
        return tuple(
            connection_string(
                self.string,
                username=self.user,
                password=quote_plus(str(document["password"])),
                host=host,
                port=str(port),
                name=self._deployed.settings.database.name,
                tls=tls,
            )
            for tls in (tls_parameters(self._deployed.settings.region), "")
        )

    def _string_value(self) -> str:
        assert self.string is not None  # noqa: S101  # of roles alone
        answer = self._answer(self.string.name, _CURRENT)
        return str((answer or {}).get("SecretString", ""))

    @property
    def _id(self) -> str:
        return self._deployed.names.secret(self.secret)

    def _document(self, label: str) -> dict[str, Any]:
        return self._of(self.secret, label)

    def _of(self, secret: str, label: str) -> dict[str, Any]:
        try:
            found = json.loads(str((self._answer(secret, label) or {}).get("SecretString", "")))
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def _answer(self, secret: str, label: str) -> Mapping[str, Any] | None:
        return self._deployed.ask_unless(
            "secretsmanager",
            "GetSecretValue",
            _NONE,
            SecretId=self._deployed.names.secret(secret),
            VersionStage=label,
        )
