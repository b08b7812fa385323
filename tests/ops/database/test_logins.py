"""Whose login services have: a stage from before there were roles, upgraded in Secrets Manager."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from aws.client import ask
from common.errors import UserError
from modules.compute.authorities import FILE
from ops.database import logins
from ops.deployed import Deployed, open_stage

MASTER = {"username": "postgresadmin", "password": "p/w d+1"}
ROLES = ("supertokens", "hasura", "optaplanner")
TAG = "atomic:database-login"
TLS = f"sslmode=verify-full&sslrootcert={FILE}"


class Stage:
    """The secrets and the database of dev on an AWS in memory."""

    def __init__(self, deployed: Deployed) -> None:
        self.deployed = deployed
        self.secrets: Any = boto3.client("secretsmanager", region_name="us-east-1")
        rds = boto3.client("rds", region_name="us-east-1")
        database = rds.create_db_instance(
            DBInstanceIdentifier="atomic-dev-rds-postgres",
            DBInstanceClass="db.t3.micro",
            Engine="postgres",
            AllocatedStorage=20,
            MasterUsername="postgresadmin",
            MasterUserPassword="x" * 12,
        )
        self.host = database["DBInstance"]["Endpoint"]["Address"]
        self.put("rds-master-credentials", json.dumps(MASTER))

    def put(self, name: str, value: str, tag: str | None = None) -> None:
        tags = [{"Key": TAG, "Value": tag}] if tag else []
        self.secrets.create_secret(Name=f"atomic-dev-{name}", SecretString=value, Tags=tags)

    def value(self, name: str) -> str:
        return str(self.secrets.get_secret_value(SecretId=f"atomic-dev-{name}")["SecretString"])

    def place(self) -> str:
        return f"{self.host}:5432/atomicdb"

    def has_run_as_the_master_user(self) -> None:
        """What the first deploy of this version makes of a stage that ran before it."""
        user = "postgresadmin:p%2Fw+d%2B1"
        self.put("supertokens-db-conn-string", f"postgresql://{user}@{self.place()}")
        self.put("hasura-db-conn-string", f"postgres://{user}@{self.place()}")
        self.put("optaplanner-db-conn-string", f"jdbc:postgresql://{self.place()}")
        for role in ROLES:
            self.put(f"{role}-db-role", json.dumps(MASTER), "master-user")

    def password(self, role: str) -> str:
        """A role's, drawn by AWS."""
        document = json.loads(self.value(f"{role}-db-role"))
        assert document["username"] == role
        assert len(document["password"]) == 40
        return str(document["password"])

    def upgrade(self) -> dict[str, logins.Outcome]:
        found = logins.read_logins(self.deployed)
        outcomes = logins.put_logins(self.deployed, found)
        logins.tag_logins(self.deployed, found)
        return outcomes


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    for name in ("AWS_ENDPOINT_URL", "ATOMIC_STAGES_DIR"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        yield Stage(open_stage("dev"))


def test_an_upgrade_replaces_what_was_composed_from_the_master_user(stage: Stage) -> None:
    stage.has_run_as_the_master_user()

    outcomes = stage.upgrade()

    assert set(outcomes.values()) == {"replaced"}
    assert stage.value("supertokens-db-conn-string") == (
        f"postgresql://supertokens:{stage.password('supertokens')}@{stage.place()}?{TLS}"
    )
    assert stage.value("hasura-db-conn-string") == (
        f"postgres://hasura:{stage.password('hasura')}@{stage.place()}?{TLS}"
    )
    assert stage.value("optaplanner-db-conn-string") == f"jdbc:postgresql://{stage.place()}?{TLS}"
    assert len({stage.password(role) for role in ROLES}) == 3
    assert json.loads(stage.value("rds-master-credentials")) == MASTER
    assert logins.login_states(stage.deployed) == dict.fromkeys(ROLES, "own-role")


def test_a_string_that_somebody_set_stays(stage: Stage) -> None:
    stage.has_run_as_the_master_user()
    own = "postgres://me:mine@elsewhere.example.com:5432/mine"
    stage.secrets.put_secret_value(SecretId="atomic-dev-hasura-db-conn-string", SecretString=own)

    outcomes = stage.upgrade()

    assert outcomes["hasura-db-conn-string"] == "kept"
    assert stage.value("hasura-db-conn-string") == own


def test_a_second_upgrade_changes_nothing(stage: Stage) -> None:
    stage.has_run_as_the_master_user()
    stage.upgrade()
    names = [f"{role}-db-{kind}" for role in ROLES for kind in ("role", "conn-string")]
    before = {name: stage.value(name) for name in names}

    outcomes = stage.upgrade()

    assert set(outcomes.values()) == {"already"}
    assert {name: stage.value(name) for name in names} == before


@pytest.mark.parametrize("calls", range(1, 14))
def test_an_upgrade_that_is_killed_is_finished_by_the_next(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    """GIVEN a kill after each number of calls that change something."""
    stage.has_run_as_the_master_user()
    left = calls

    class KilledError(Exception):
        pass

    def killed(deployed: Deployed, service: str, operation: str, **arguments: Any) -> Any:
        nonlocal left
        if operation.startswith(("Put", "Update", "Tag")):
            left -= 1
            if left < 0:
                raise KilledError
        return ask(deployed.clients, service, operation, **arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Deployed, "ask", killed)
        try:
            first = logins.read_logins(stage.deployed)
            logins.put_logins(stage.deployed, first)
            logins.tag_logins(stage.deployed, first)
        except KilledError:
            assert calls < 12

    stage.upgrade()

    hasura = f"postgres://hasura:{stage.password('hasura')}@"
    assert stage.value("hasura-db-conn-string").startswith(hasura)
    assert stage.password("optaplanner")
    assert logins.login_states(stage.deployed) == dict.fromkeys(ROLES, "own-role")


def test_a_password_that_waits_is_the_one_that_the_role_got(
    stage: Stage,
) -> None:
    """GIVEN a kill after the task has made the role, and before its secret says so."""
    stage.has_run_as_the_master_user()
    first = logins.read_logins(stage.deployed)

    second = logins.read_logins(stage.deployed)

    assert first == second
    assert json.loads(stage.value("optaplanner-db-role")) == MASTER


def test_a_stage_without_the_secrets_is_to_be_deployed_first(stage: Stage) -> None:
    with pytest.raises(UserError, match="deploy the stage first: `cdktf deploy atomic-dev`"):
        logins.read_logins(stage.deployed)
