"""The runbooks of the database as commands: killed between any two steps, the same command finishes them."""

import io
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from moto.ecs.models import ecs_backends
from moto.rds.models import RDSBackend

import ops.commands.database_restore as restore_module
import ops.commands.database_rotate as rotate_module
import ops.commands.database_upgrade as upgrade_module
import ops.database.rotation as rotation_module
from aws.client import Clients
from modules.compute.authorities import tls_parameters
from ops.database.restoring import Restoration
from ops.database.rotation import Rotation
from ops.guided import Step, follow
from ops.tasks.one_off import Ended, OneOff
from tests.answer import Answer
from tests.ops.answering import answer

STAGE = """\
domain_name = "dev.example.com"
operator_email = "ops@example.com"
retain_data = false
"""
NAME = "atomic-dev-rds-postgres"
CLUSTER = "atomic-dev-ecs-cluster"
USERS = ("supertokens", "hasura", "optaplanner")
Run = Callable[..., Answer]


@pytest.fixture(name="run")
def _run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    (tmp_path / "dev.toml").write_text(STAGE)
    monkeypatch.setenv("ATOMIC_STAGES_DIR", str(tmp_path))
    return lambda *typed: answer(monkeypatch, capsys, "database", *typed, "--stage", "dev")


@pytest.fixture(name="database")
def _database(clients: Clients) -> str:
    """An instance; returns where it listens."""
    ec2, rds = clients("ec2"), clients("rds")
    subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]]
    rds.create_db_subnet_group(
        DBSubnetGroupName="group", DBSubnetGroupDescription="d", SubnetIds=subnets
    )
    made = rds.create_db_instance(
        DBInstanceIdentifier=NAME,
        Engine="postgres",
        EngineVersion="15.4",
        DBInstanceClass="db.t3.small",
        AllocatedStorage=20,
        MasterUsername="postgresadmin",
        MasterUserPassword="planted-old-master",  # moto's
        DBSubnetGroupName="group",
        BackupRetentionPeriod=7,
    )["DBInstance"]
    return str(made["Endpoint"]["Address"])


@pytest.fixture(name="services")
def _services(clients: Clients) -> Callable[[], dict[str, int]]:
    """The services that use the database; returns what tells how many tasks each shall have."""
    ecs = clients("ecs")
    ecs.create_cluster(clusterName=CLUSTER)
    for name in USERS:
        ecs.register_task_definition(
            family=f"atomic-dev-{name}",
            containerDefinitions=[{"name": name, "image": "them/tool:1", "memory": 64}],
        )
        ecs.create_service(
            cluster=CLUSTER,
            serviceName=f"atomic-dev-{name}",
            taskDefinition=f"atomic-dev-{name}",
            desiredCount=1,
        )

    def desired() -> dict[str, int]:
        found = ecs.describe_services(
            cluster=CLUSTER, services=[f"atomic-dev-{name}" for name in USERS]
        )["services"]
        return {
            each["serviceName"].removeprefix("atomic-dev-"): each["desiredCount"] for each in found
        }

    return desired


def killed_after(number: int) -> Callable[..., list[str]]:
    """In the place of `follow`: it is killed when it has done so many of the steps."""

    def cut_short(steps: Sequence[Step], **named: Any) -> list[str]:
        follow(steps[:number], **named)
        raise KeyboardInterrupt

    return cut_short


def put_logins(clients: Clients, host: str) -> None:
    secrets = clients("secretsmanager")
    for role in USERS:
        value = json.dumps({"username": role, "password": f"planted-old-{role}"})
        secrets.create_secret(Name=f"atomic-dev-{role}-db-role", SecretString=value)
    tls = tls_parameters("us-east-1")
    secrets.create_secret(
        Name="atomic-dev-hasura-db-conn-string",
        SecretString=f"postgres://hasura:planted-old-hasura@{host}:5432/atomicdb?{tls}",
    )
    secrets.create_secret(
        Name="atomic-dev-rds-master-credentials",
        SecretString=json.dumps({"username": "postgresadmin", "password": "planted-old-master"}),
    )


def value(clients: Clients, name: str) -> str:
    found: str = clients("secretsmanager").get_secret_value(SecretId=f"atomic-dev-{name}")[
        "SecretString"
    ]
    return found


@pytest.mark.parametrize("steps", range(6))
def test_a_roles_password_is_one_everywhere_whatever_killed_its_rotation(
    clients: Clients,
    database: str,
    run: Run,
    steps: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put_logins(clients, database)
    given: list[dict[str, str]] = []
    restarted: list[str] = []

    class Done:
        exit_code = 0

    def applied(_deployed: object, verifiers: dict[str, str], **_: object) -> Done:
        given.append(verifiers)
        return Done()

    monkeypatch.setattr(rotation_module, "bundle", lambda _files, verifiers: verifiers)
    monkeypatch.setattr(rotation_module, "verifier", lambda password: password)
    monkeypatch.setattr(rotation_module, "apply_in_task", applied)
    monkeypatch.setattr(
        rotate_module, "restart_services", lambda _deployed, names, _: restarted.extend(names)
    )
    with monkeypatch.context() as patch:
        patch.setattr(rotate_module, "follow", killed_after(steps))
        assert run("rotate", "hasura", "--yes").code == 130

    done = run("rotate", "hasura", "--yes")

    assert done.code == 0, done.errors
    password = json.loads(value(clients, "hasura-db-role"))["password"]
    assert password != "planted-old-hasura"
    assert given[-1]["hasura"] == password
    assert given[-1]["supertokens"] == "planted-old-supertokens"
    assert f"postgres://hasura:{password}@{database}:5432/" in value(
        clients, "hasura-db-conn-string"
    )
    assert restarted[-1:] == ["hasura"]
    assert password not in done.text + done.errors


def test_where_nothing_but_the_restart_is_left_nothing_else_is_done_again(
    clients: Clients,
    database: str,
    services: Callable[[], dict[str, int]],
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert services()["hasura"] == 1
    put_logins(clients, database)
    (hasura,) = (
        each
        for each in ecs_backends["123456789012"]["us-east-1"].services.values()
        if each.name == "atomic-dev-hasura"
    )
    hasura.deployments[0]["createdAt"] = datetime.now(UTC) - timedelta(hours=1)
    monkeypatch.setattr(Rotation, "give_to_database", lambda *_: None)
    with monkeypatch.context() as patch:
        patch.setattr(rotate_module, "follow", killed_after(4))
        assert run("rotate", "hasura", "--yes").code == 130
    drawn = value(clients, "hasura-db-role")

    done = json.loads(run("rotate", "hasura", "--yes", "--json").text)["done"]

    assert "restart hasura" in done
    assert not any(each.startswith("draw a password") for each in done)
    assert value(clients, "hasura-db-role") == drawn
    assert run("rotate", "hasura", "--yes").code == 0  # and the next one is another
    assert value(clients, "hasura-db-role") != drawn


@pytest.mark.parametrize("steps", range(4))
def test_the_masters_password_is_the_databases_whatever_killed_its_rotation(
    clients: Clients, database: str, run: Run, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_logins(clients, database)
    given: list[str] = []
    modify = RDSBackend.modify_db_instance

    def modified(self: RDSBackend, name: str, asked: dict[str, Any]) -> Any:
        given.append(asked["master_user_password"])
        return modify(self, name, asked)

    monkeypatch.setattr(RDSBackend, "modify_db_instance", modified)
    with monkeypatch.context() as patch:
        patch.setattr(rotate_module, "follow", killed_after(steps))
        assert run("rotate", "postgresadmin", "--yes").code == 130

    done = run("rotate", "postgresadmin", "--yes", "--json")

    assert done.code == 0, done.errors
    password = json.loads(value(clients, "rds-master-credentials"))["password"]
    assert password != "planted-old-master"
    assert given[-1] == password


@pytest.mark.usefixtures("database")
def test_nothing_is_done_without_a_person(clients: Clients, run: Run) -> None:
    put_logins(clients, "host")

    asked = run("rotate", "hasura")

    assert asked.code == 2
    assert asked.text.startswith("to do  draw a password, which waits in hasura-db-role\n")
    assert "not a terminal: pass --yes" in asked.text
    assert json.loads(value(clients, "hasura-db-role"))["password"] == "planted-old-hasura"
    left = json.loads(run("rotate", "hasura", "--json").text)["left"]
    assert left[0] == "draw a password, which waits in hasura-db-role"


def test_a_login_that_is_not_the_stages_is_refused(run: Run) -> None:
    refused = run("rotate", "hasra", "--yes")

    assert (refused.code, refused.errors.count("\n")) == (1, 1)
    assert (
        "'hasra' is no login of this stage's: allowed: postgresadmin, supertokens" in refused.errors
    )


@pytest.fixture(name="state")
def _state(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What Terraform's state says of the instance; Terraform itself is asked where a stage is deployed."""

    def resource_id() -> str:
        (found,) = clients("rds").describe_db_instances(DBInstanceIdentifier=NAME)["DBInstances"]
        return str(found["DbiResourceId"])

    held: dict[str, str] = {}
    monkeypatch.setattr(Restoration, "_resource_id", lambda _: held.get("id"))
    monkeypatch.setattr(Restoration, "put_into_the_state", lambda _: held.update(id=resource_id()))
    return held


@pytest.mark.parametrize("steps", range(8))
def test_the_database_of_then_has_the_name_whatever_killed_its_restoration(
    clients: Clients,
    database: str,
    services: Callable[[], dict[str, int]],
    state: dict[str, str],
    run: Run,
    steps: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    del database
    rds = clients("rds")
    (today,) = rds.describe_db_instances()["DBInstances"]
    state["id"] = today["DbiResourceId"]
    to = ("--to", datetime.now(UTC).isoformat())
    with monkeypatch.context() as patch:
        patch.setattr(restore_module, "follow", killed_after(steps))
        assert run("restore", *to, "--yes").code == 130

    done = run("restore", *to, "--yes")

    found = {
        each["DBInstanceIdentifier"]: each for each in rds.describe_db_instances()["DBInstances"]
    }
    assert set(found) == {NAME, f"{NAME}-before-restore"}
    assert services() == dict.fromkeys(USERS, 1)
    if steps == 7:  # it was done
        assert (done.code, "the last restoration is done" in done.errors) == (1, True)
    else:
        assert done.code == 0, done.errors
        assert f"{NAME}-before-restore stays" in done.text


@pytest.mark.usefixtures("database", "services", "state")
def test_another_moment_does_not_go_on_with_a_restoration_that_is_under_way(
    clients: Clients, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (datetime.now(UTC).isoformat() for _ in range(2))
    with monkeypatch.context() as patch:
        patch.setattr(restore_module, "follow", killed_after(3))
        run("restore", "--to", first, "--yes")

    refused = run("restore", "--to", second, "--yes")

    asked_for = first.replace("+00:00", "Z")
    assert refused.code == 1
    assert f"a restoration to {asked_for} is under way" in refused.errors
    names = [
        each["DBInstanceIdentifier"]
        for each in clients("rds").describe_db_instances()["DBInstances"]
    ]
    assert names == [NAME, f"{NAME}-restored"]
    assert f"done   restore {asked_for} as {NAME}-restored" in run("restore", "--yes").text


@pytest.mark.usefixtures("state")
def test_a_moment_that_no_backup_has_is_refused_before_a_service_is_stopped(
    database: str, clients: Clients, run: Run, services: Callable[[], dict[str, int]]
) -> None:
    del database
    before = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()

    assert "RDS has no backup that old" in run("restore", "--to", before, "--yes").errors

    clients("rds").modify_db_instance(DBInstanceIdentifier=NAME, BackupRetentionPeriod=0)
    now = datetime.now(UTC).isoformat()
    assert f"{NAME} keeps no backups" in run("restore", "--to", now, "--yes").errors
    assert services() == dict.fromkeys(USERS, 1)


@pytest.mark.usefixtures("database", "state")
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ([], "--to is missing: name the moment"),
        (["--to", "yesterday"], "--to yesterday: allowed: a moment with its zone"),
        (["--to", "2026-11-23T06:00:00"], "says no zone: add Z for UTC"),
        (["--to", "9999-12-31T23:59:59-14:00"], "allowed: a moment with its zone"),
    ],
)
def test_a_moment_that_is_none_is_refused(
    run: Run, services: Callable[[], dict[str, int]], typed: list[str], said: str
) -> None:
    refused = run("restore", *typed, "--yes")

    assert refused.code == 1
    assert said in refused.errors
    assert services() == dict.fromkeys(USERS, 1)


@pytest.mark.usefixtures("database", "state")
def test_a_moment_before_the_upgrade_is_refused(
    clients: Clients, run: Run, services: Callable[[], dict[str, int]]
) -> None:
    clients("rds").create_db_snapshot(
        DBInstanceIdentifier=NAME, DBSnapshotIdentifier=f"{NAME}-before-15"
    )
    moment = datetime.now(UTC) - timedelta(minutes=1)

    refused = run("restore", "--to", moment.isoformat(), "--yes")

    assert refused.code == 1
    assert f"is before {NAME} was upgraded to PostgreSQL 15" in refused.errors
    assert services() == dict.fromkeys(USERS, 1)


class Terminal(io.StringIO):
    """A terminal at which somebody is asked."""

    def isatty(self) -> bool:
        return True


def test_ctrl_c_at_a_later_question_says_that_something_was_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*_: object, **__: object) -> bool:
        raise typer.Abort

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(sys, "stdout", Terminal())
    steps = [
        Step(title="one", is_done=lambda: False, do=lambda: None),
        Step(title="two", is_done=lambda: False, do=lambda: None, asks="really?"),
    ]
    answers = iter([lambda *_, **__: True, interrupted])
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: next(answers)())

    with pytest.raises(KeyboardInterrupt):
        follow(steps, question="go on?", yes=False, as_json=False)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("steps", range(3))
@pytest.mark.parametrize("later", range(4))
def test_the_next_major_version_runs_whatever_killed_its_upgrade(
    clients: Clients,
    run: Run,
    tmp_path: Path,
    steps: int,
    later: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    analyzed: list[str] = []

    def ran(_deployed: object, task: OneOff, _progress: object) -> Ended:
        analyzed.extend(task.command)
        return Ended(task_id="t", exit_code=0, reason="")

    monkeypatch.setattr(upgrade_module, "run_task", ran)
    monkeypatch.setattr(upgrade_module, "network_of", lambda *_, **__: {})
    rds, path = clients("rds"), tmp_path / "dev.toml"
    with monkeypatch.context() as patch:
        patch.setattr(upgrade_module, "follow", killed_after(steps))
        assert run("upgrade", "16", "--yes").code == 130

    first = run("upgrade", "16", "--yes")

    assert (first.code, "next: cdktf diff atomic-dev" in first.text) == (2, True), first.errors
    assert path.read_text() == STAGE + (
        '\n[database]\nengine_version = "16"\nallow_major_version_upgrade = true\n'
    )
    (snapshot,) = rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert snapshot["DBSnapshotIdentifier"] == f"{NAME}-before-16"
    rds.create_db_parameter_group(  # which the deploy does
        DBParameterGroupName="atomic-dev-postgres16",
        DBParameterGroupFamily="postgres16",
        Description="d",
    )
    with monkeypatch.context() as patch:
        calls = iter([follow, killed_after(later)])

        def called(steps: Sequence[Step], **named: Any) -> list[str]:
            return next(calls)(steps, **named)

        patch.setattr(upgrade_module, "follow", called)
        assert run("upgrade", "16", "--yes").code == 130

    done = run("upgrade", "16", "--yes")

    assert done.code == 0, done.errors
    (instance,) = rds.describe_db_instances()["DBInstances"]
    assert instance["EngineVersion"] == "16"
    assert any("ANALYZE" in each for each in analyzed)
    assert path.read_text() == STAGE + '\n[database]\nengine_version = "16"\n'
    assert run("upgrade", "16", "--json").code == 0  # nothing is left to agree to


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("16.4", "16.4: allowed: a major version, as in 16"),
        ("9", "allowed: a newer one than that"),
        ("15", "runs PostgreSQL 15 already, and no upgrade to it is unfinished"),
    ],
)
def test_a_version_that_is_no_next_one_is_refused(run: Run, version: str, said: str) -> None:
    refused = run("upgrade", version, "--yes")

    assert (refused.code, said in refused.errors) == (1, True)
