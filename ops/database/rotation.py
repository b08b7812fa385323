"""Another password for a login of the database: drawn beside the one in use, given to the database, used.

The new one waits in Secrets Manager under the label of a version that a rotation tries. As long as it waits,
the rotation is under way, and whatever ended it, the same steps go on with the same password.
"""

import json
import time
from collections.abc import Mapping
from typing import Any, Final

from common.errors import UserError
from common.progress import Progress
from modules.settings.secrets import MASTER_CREDENTIALS
from ops.database.login_secrets import (
    LOGINS,
    NONE,
    PENDING,
    PREVIOUS,
    STRINGS,
    draw,
    login_in,
    put_value,
    strings,
    value_of,
)
from ops.database.scram import verifier
from ops.database.script import bundle
from ops.deployed import Deployed
from ops.facts.database import database_facts
from ops.tasks.database_task import apply_in_task

_NO_CLUSTER: Final = frozenset({"ClusterNotFoundException"})
_POLL_SECONDS, _LONGEST_SECONDS = 5, 900


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
        self.string = None if self.is_master else STRINGS[self.secret]
        self._deployed = deployed

    def waits(self) -> bool:
        """Whether a new password is drawn and not in use."""
        drawn = self._login(PENDING).get("password")
        return drawn is not None and drawn != self._login().get("password")

    def draw(self) -> None:
        """Draw a new password, which waits."""
        if self._login().get("username") != self.user:
            raise UserError(
                f"{self.user} cannot log in yet: `python -m ops database apply FOLDER --stage "
                f"{self._deployed.settings.stage}` makes the roles"
            )
        draw(self._deployed, self.secret, self.user)

    def give_to_database(self, progress: Progress) -> None:
        """Let the database take the password that waits; once more does no harm."""
        password = str(self._login(PENDING)["password"])
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
        put_value(self._deployed, self.secret, json.dumps(self._login(PENDING)))

    def string_is_of_before(self) -> bool:
        """Whether the service's connection string has the password before this one."""
        assert self.string is not None  # noqa: S101  # of roles alone
        before = self._login(PREVIOUS)
        return "password" in before and value_of(self._deployed, self.string.name) in strings(
            self._deployed, self.string, self.user, before["password"]
        )

    def put_string(self) -> None:
        """Compose the connection string anew."""
        assert self.string is not None  # noqa: S101  # of roles alone
        now, _ = strings(self._deployed, self.string, self.user, self._login()["password"])
        put_value(self._deployed, self.string.name, now)

    def readers(self) -> tuple[str, ...]:
        """Return the services that read the login, by itself or in a string."""
        names = [self.secret, *([self.string.name] if self.string else [])]
        return tuple(sorted({each for name in names for each in self._deployed.readers_of(name)}))

    def is_unread(self) -> bool:
        """Whether the last rotation was ended before a service that reads the login was started anew."""
        answer = self._deployed.ask_unless(
            "secretsmanager",
            "GetSecretValue",
            NONE,
            SecretId=self._deployed.names.secret(self.string.name if self.string else self.secret),
        )
        services = [self._deployed.names.ecs_service(name) for name in self.readers()]
        if not services or answer is None or self._login() != self._login(PENDING):
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
            role: str(login_in(self._deployed, secret).get("password", ""))
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

    def _login(self, label: str | None = None) -> Mapping[str, Any]:
        return login_in(self._deployed, self.secret, label)
