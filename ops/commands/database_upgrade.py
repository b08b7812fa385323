"""`database upgrade`: the next major version of PostgreSQL, a snapshot before and statistics after it."""

import time
from collections.abc import Mapping
from typing import Annotated, Any

import tomlkit
import typer

from common.errors import UserError
from common.files import replace_file
from common.screen import ASKS_FOR_A_PERSON, AsJson, Stage, print_json, say
from modules.base.naming import major_version
from modules.settings.services import DATABASE_TASK
from ops.deployed import Deployed, check_runs_services, open_with_database
from ops.guided import Step, follow
from ops.images.image_tags import put, with_change
from ops.tasks.one_off import OneOff, run_task
from ops.tasks.standalone import network_of

_NONE = frozenset(
    {"DBInstanceNotFound", "DBInstanceNotFoundFault", "DBSnapshotNotFound", "DBSnapshotNotFoundFault",
     "DBParameterGroupNotFound", "DBParameterGroupNotFoundFault"}
)  # fmt: skip
_POLL_SECONDS, _LONGEST_SECONDS = 10, 7200
_ALLOW = "allow_major_version_upgrade"


def upgrade(
    version: Annotated[str, typer.Argument(help="the major version, as in 16")],
    *,
    stage: Stage,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the database to its next major version: snapshot, stage file, your deploy, upgrade, ANALYZE.

    It stops once, for you to look at the plan and deploy it; run again, it goes on, as it does wherever it
    was ended. The upgrade takes the database away for minutes, and the snapshot is the one way back.

    Exit code 0 done, 1 error, 2 nobody agreed, or the deploy is to be done.

    Example: `python -m ops database upgrade 16 --stage staging`
    """
    deployed = open_with_database(stage)
    check_runs_services(deployed.settings)
    work = _Upgrade(deployed, version)
    work.check()
    question = f"go on with the upgrade to {version}?"
    done = follow(work.before_the_deploy(), question=question, yes=yes, as_json=as_json)
    if not work.has_group():
        stack = deployed.settings.stack_name
        next_ = f"cdktf diff {stack}, then cdktf deploy {stack}"
        if as_json:
            print_json({"done": done, "left": [next_, *work.titles()]})
        else:
            say(
                f"next: {next_}; the diff has to show the instance changed in place; then this again"
            )
        raise typer.Exit(ASKS_FOR_A_PERSON)
    done += follow(work.after_the_deploy(), question=question, yes=yes, as_json=as_json)
    if as_json:
        print_json({"done": done, "left": []})
    else:
        say(f"PostgreSQL {version} runs; keep the snapshot {work.snapshot} until you are sure")
        say(
            f"next: cdktf deploy {deployed.settings.stack_name}, which takes {_ALLOW} out of the state, and "
            "the parameter group of before where it is there still"
        )


class _Upgrade:
    """The steps, and how each is told done: by RDS and by the stage file."""

    def __init__(self, deployed: Deployed, version: str) -> None:
        self._deployed = deployed
        self._version = version
        self._name = deployed.names.database
        self.snapshot = f"{self._name}-before-{version}"

    def check(self) -> None:
        """Raise UserError for a stage or a version that this does not upgrade."""
        stage = self._deployed.settings.stage
        if self._deployed.settings.database.engine != "postgres":
            raise UserError(
                f"stage {stage} has an Aurora cluster, which this does not upgrade: "
                "docs/runbooks/upgrade-database.md has the steps of an instance"
            )
        if not self._version.isdecimal():
            raise UserError(f"{self._version}: allowed: a major version, as in 16")
        instance = self._find()
        if instance is None:
            raise UserError(
                f"there is no database {self._name}: `cdktf deploy {self._deployed.settings.stack_name}`"
            )
        runs = int(major_version(instance["EngineVersion"]))
        if int(self._version) < runs:
            raise UserError(
                f"{self._name} runs PostgreSQL {runs}: allowed: a newer one than that, or {runs} to finish"
            )
        if self._runs() and not self._settings()[1] and self._snapshot_status() is None:
            raise UserError(
                f"{self._name} runs PostgreSQL {runs} already, and no upgrade to it is unfinished: allowed: "
                "a newer one"
            )

    def before_the_deploy(self) -> list[Step]:
        return [
            Step(
                title=f"take the snapshot {self.snapshot}",
                is_done=lambda: self._runs() or self._snapshot_status() == "available",
                do=self._take_snapshot,
            ),
            Step(
                title=f'write engine_version = "{self._version}" into the stage file, and allow it',
                is_done=lambda: (
                    self._settings()[0] == self._version and (self._runs() or self._settings()[1])
                ),
                do=lambda: self._write(engine_version=self._version, allow=True),
            ),
        ]

    def after_the_deploy(self) -> list[Step]:
        return [
            Step(
                title=f"upgrade {self._name} now, not in its maintenance window",
                is_done=lambda: self._runs() and self._is_available(),
                do=self._upgrade,
            ),
            Step(
                title="ANALYZE all tables: an upgrade leaves their statistics behind",
                is_done=lambda: not self._settings()[1],
                do=self._analyze,
            ),
            Step(
                title=f"take {_ALLOW} out of the stage file",
                is_done=lambda: not self._settings()[1],
                do=lambda: self._write(engine_version=self._version, allow=False),
            ),
        ]

    def titles(self) -> list[str]:
        return [each.title for each in self.after_the_deploy()]

    def has_group(self) -> bool:
        """Whether the deploy has made the parameter group of the version."""
        name = self._deployed.names.parameter_group("postgres", self._version)
        found = self._ask("DescribeDBParameterGroups", DBParameterGroupName=name)
        return self._runs() or bool(found and found["DBParameterGroups"])

    def _take_snapshot(self) -> None:
        if self._snapshot_status() is None:
            self._deployed.ask(
                "rds",
                "CreateDBSnapshot",
                DBInstanceIdentifier=self._name,
                DBSnapshotIdentifier=self.snapshot,
            )
        self._wait(lambda: self._snapshot_status() == "available", self.snapshot)

    def _upgrade(self) -> None:
        if not self._runs():
            self._deployed.ask(
                "rds",
                "ModifyDBInstance",
                DBInstanceIdentifier=self._name,
                EngineVersion=self._version,
                AllowMajorVersionUpgrade=True,
                DBParameterGroupName=self._deployed.names.parameter_group(
                    "postgres", self._version
                ),
                ApplyImmediately=True,
            )
        self._wait(lambda: self._runs() and self._is_available(), self._name)

    def _analyze(self) -> None:
        task = OneOff(
            container=DATABASE_TASK,
            task_definition=self._deployed.names.service(DATABASE_TASK),
            network=network_of(self._deployed, DATABASE_TASK, remedy="deploy the stage first"),
            command=["psql --no-psqlrc --set=ON_ERROR_STOP=1 --command=ANALYZE"],
        )
        ended = run_task(self._deployed, task, lambda _: None)
        if ended.exit_code != 0:
            raise UserError(
                f"task {ended.task_id} ended with {ended.exit_code} ({ended.reason}): look at `python -m ops "
                f"logs {DATABASE_TASK} --stage {self._deployed.settings.stage}`, and run this again"
            )

    def _wait(self, holds: Any, what: str) -> None:
        for _ in range(_LONGEST_SECONDS // _POLL_SECONDS):
            if holds():
                return
            time.sleep(_POLL_SECONDS)
        raise UserError(f"{what} is not ready after two hours: run the same command again")

    def _settings(self) -> tuple[str, bool]:
        database = self._deployed.workspace.settings().database
        return database.engine_version, database.allow_major_version_upgrade

    def _write(self, *, engine_version: str, allow: bool) -> None:
        path = self._deployed.workspace.stage_path

        def change(document: Any) -> None:
            table = document.setdefault("database", tomlkit.table())
            put(table, "engine_version", engine_version)
            if allow:
                put(table, _ALLOW, True)
            else:
                table.pop(_ALLOW, None)

        text = path.read_text(encoding="utf-8-sig")
        stage = self._deployed.settings.stage
        replace_file(path, with_change(text, change, stage=stage, by_hand="engine_version"))

    def _runs(self) -> bool:
        found = self._find() or {"EngineVersion": "0"}
        return major_version(found["EngineVersion"]) == self._version

    def _is_available(self) -> bool:
        return (self._find() or {}).get("DBInstanceStatus") == "available"

    def _snapshot_status(self) -> str | None:
        answer = self._ask("DescribeDBSnapshots", DBSnapshotIdentifier=self.snapshot)
        return str(answer["DBSnapshots"][0]["Status"]) if answer else None

    def _find(self) -> Mapping[str, Any] | None:
        answer = self._ask("DescribeDBInstances", DBInstanceIdentifier=self._name)
        return answer["DBInstances"][0] if answer else None

    def _ask(self, operation: str, **named: Any) -> Mapping[str, Any] | None:
        return self._deployed.ask_unless("rds", operation, _NONE, **named)
