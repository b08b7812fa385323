"""The database of a moment of the past in the place of today's: three names, and which instance has which.

The restored one is made beside the other and then takes its name, so that state, secrets and alarms go on.
What is done is told from the names alone, and the moment from a tag.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from common.errors import UserError
from imports.recovery import recover
from imports.recovery.recovery_stage import open_lost_stage as open_for_recovery
from modules.base.naming import major_version
from ops.deployed import Deployed
from ops.facts.services import service_facts
from terraform.pulled_state import pulled_document

ADDRESS: Final = "aws_db_instance.main"
TAG: Final = "RestoredTo"
"""On the instance of then, the moment: RDS does not say it. The next deploy takes the tag away."""
_NONE: Final = frozenset({"DBInstanceNotFound", "DBInstanceNotFoundFault"})
_POLL_SECONDS, _LONGEST_SECONDS = 10, 7200


class Restoration:
    """One restoration, at any of its steps."""

    def __init__(self, deployed: Deployed, moment: datetime | None) -> None:
        """Take the moment; one that is under way needs none."""
        self._deployed = deployed
        self._moment = moment
        self.name = deployed.names.database
        self.beside, self.before = f"{self.name}-restored", f"{self.name}-before-restore"

    @property
    def users(self) -> tuple[str, ...]:
        """The services that use the database."""
        services = self._deployed.settings.services.values()
        return tuple(each.name for each in services if each.uses_database)

    @property
    def moment(self) -> str:
        """The moment that was asked for, as it is typed; empty where neither it nor RDS says it."""
        tags = self._of_then().get("TagList", ())
        tagged = [str(each["Value"]) for each in tags if each["Key"] == TAG]
        return tagged[0] if tagged else _typed(self._moment) if self._moment else ""

    def check_goes_on(self) -> None:
        """Raise UserError for another moment than that of the restoration that is under way."""
        if self._moment and self.moment != _typed(self._moment):
            raise UserError(
                f"--to {_typed(self._moment)}: a restoration to {self.moment} is under way: finish it "
                f"without --to, or, before the swap, remove {self.beside} in RDS and run this again"
            )

    def is_restored(self) -> bool:
        """Whether the instance of then was asked for."""
        return self._find(self.beside) is not None or self._find(self.before) is not None

    def is_ready(self) -> bool:
        """Whether it takes connections."""
        return self._find(self.before) is not None or self._is_available(self.beside)

    def has_left(self) -> bool:
        """Whether today's has another name."""
        return (
            self._find(self.before) is not None and self._find(self.name) is None
        ) or self.is_swapped()

    def is_swapped(self) -> bool:
        """Whether the one of then has the name that everything uses."""
        return all(map(self._find, (self.before, self.name))) and not self._find(self.beside)

    def is_in_the_state(self) -> bool:
        """Whether Terraform means the one that has the name now."""
        if not self.is_swapped():
            return False
        found = self._find(self.name) or {}
        return self._resource_id() == found.get("DbiResourceId")

    def services_are_stopped(self) -> bool:
        """Whether nothing writes; behind the swap nothing has to be stopped any more."""
        facts = {each.name: each for each in service_facts(self._deployed)}
        return self.is_swapped() or all(
            not facts[name].stands or facts[name].desired == 0 for name in self.users
        )

    def services_run(self) -> bool:
        """Whether they have their tasks again."""
        facts = {each.name: each for each in service_facts(self._deployed)}
        rows = self._deployed.settings.services
        return all(
            not facts[name].stands or facts[name].desired >= rows[name].min_tasks
            for name in self.users
        )

    def set_tasks(self, *, running: bool) -> None:
        """Stop or start the services that use the database."""
        facts = {each.name: each for each in service_facts(self._deployed)}
        for name in self.users:
            if facts[name].stands:
                self._deployed.ask(
                    "ecs",
                    "UpdateService",
                    cluster=self._deployed.names.cluster,
                    service=self._deployed.names.service(name),
                    desiredCount=self._deployed.settings.services[name].min_tasks if running else 0,
                )

    def check(self) -> Mapping[str, Any]:
        """Return today's instance. Raises UserError without a moment, and for one that RDS does not have."""
        live = self._find(self.name)
        if live is None:
            raise UserError(
                f"there is no database {self.name}: python -m ops recover --stage "
                f"{self._deployed.settings.stage} may find it"
            )
        latest = live.get("LatestRestorableTime")
        if self._moment is None:
            raise UserError(
                "--to is missing: name the moment, as in --to 2026-11-23T06:00:00Z"
                + (f"; the latest is {_typed(latest)}" if latest else "")
            )
        if latest and self._moment > latest:
            raise UserError(
                f"--to {_typed(self._moment)}: RDS has no backup that recent: the latest is {_typed(latest)}"
            )
        self._check_version(major_version(live["EngineVersion"]))
        self._check_is_kept(live)
        return live

    def _check_is_kept(self, live: Mapping[str, Any]) -> None:
        """Raise UserError for a moment before the backups: RDS says it when the services are stopped."""
        days = live.get("BackupRetentionPeriod", 0)
        if not days:
            raise UserError(
                f"{self.name} keeps no backups (database.backup_retention_days is 0), so there is no moment "
                "to restore: restore a snapshot of it by hand, if there is one"
            )
        earliest = max(live["InstanceCreateTime"], datetime.now(UTC) - timedelta(days=days))
        if self._moment and self._moment < earliest:
            raise UserError(
                f"--to {_typed(self._moment)}: RDS has no backup that old: {self.name} was created at "
                f"{_typed(live['InstanceCreateTime'])}, and its backups are kept for {days} days"
            )

    def _check_version(self, version: str) -> None:
        """Raise UserError for a moment before the upgrade: RDS would restore the version of then."""
        before = f"{self.name}-before-{version}"
        answer = self._deployed.ask_unless(
            "rds",
            "DescribeDBSnapshots",
            frozenset({"DBSnapshotNotFound", "DBSnapshotNotFoundFault"}),
            DBSnapshotIdentifier=before,
        )
        taken = answer["DBSnapshots"][0].get("SnapshotCreateTime") if answer else None
        if taken and self._moment and self._moment <= taken:
            raise UserError(
                f"--to {_typed(self._moment)} is before {self.name} was upgraded to PostgreSQL "
                f"{version}: name a moment after {_typed(taken)}, or restore its snapshot {before} by "
                "hand"
            )

    def restore(self) -> None:
        """Ask for the instance of then, in the same network and with the same parameters.

        Raises UserError as `check` does.
        """
        live = self.check()
        self._deployed.ask(
            "rds",
            "RestoreDBInstanceToPointInTime",
            SourceDBInstanceIdentifier=self.name,
            TargetDBInstanceIdentifier=self.beside,
            RestoreTime=self._moment,
            DBSubnetGroupName=live["DBSubnetGroup"]["DBSubnetGroupName"],
            VpcSecurityGroupIds=[
                each["VpcSecurityGroupId"] for each in live.get("VpcSecurityGroups", ())
            ],
            DBParameterGroupName=live["DBParameterGroups"][0]["DBParameterGroupName"],
            MultiAZ=live.get("MultiAZ", False),
            DeletionProtection=live.get("DeletionProtection", False),
            CopyTagsToSnapshot=True,
            Tags=[
                *(each for each in live.get("TagList", ()) if each["Key"] != TAG),
                {"Key": TAG, "Value": self.moment},
            ],
        )

    def wait(self) -> None:
        """Wait until it takes connections: a quarter of an hour or more."""
        self._wait_for(self.beside)

    def move_today(self) -> None:
        """Give today's another name. It stays, with all that is in it."""
        self._rename(self.name, self.before)

    def move_then(self) -> None:
        """Give the one of then the name that everything uses."""
        self._rename(self.beside, self.name)

    def put_into_the_state(self) -> None:
        """Let the state forget today's and find the one of then; nothing in AWS changes."""
        workspace = self._deployed.workspace
        terraform = workspace.synthesize()
        if self._resource_id() not in (None, (self._find(self.name) or {}).get("DbiResourceId")):
            terraform.checked("state", "rm", ADDRESS)
        opened = open_for_recovery(workspace, progress=lambda _: None)
        proposal = recover.propose(opened, progress=lambda _: None)
        if proposal.state is not None:
            recover.write(opened, proposal, progress=lambda _: None)

    def _resource_id(self) -> str | None:
        """Return which instance the state means."""
        for resource in pulled_document(self._deployed.workspace.synthesize()).get("resources", ()):
            if f"{resource['type']}.{resource['name']}" == ADDRESS:
                return str(resource["instances"][0]["attributes"]["resource_id"])
        return None

    def _of_then(self) -> Mapping[str, Any]:
        """Return the instance of then, under the name that it has by now; nothing where there is none."""
        name = self.beside if self._find(self.beside) or not self._find(self.before) else self.name
        return self._find(name) or {}

    def _rename(self, old: str, new: str) -> None:
        self._deployed.ask(
            "rds",
            "ModifyDBInstance",
            DBInstanceIdentifier=old,
            NewDBInstanceIdentifier=new,
            ApplyImmediately=True,
        )
        self._wait_for(new)

    def _wait_for(self, name: str) -> None:
        for _ in range(_LONGEST_SECONDS // _POLL_SECONDS):
            if self._is_available(name):
                return
            time.sleep(_POLL_SECONDS)
        raise UserError(f"{name} is not available after two hours: run the same command again")

    def _is_available(self, name: str) -> bool:
        return (self._find(name) or {}).get("DBInstanceStatus") == "available"

    def _find(self, name: str) -> Mapping[str, Any] | None:
        answer = self._deployed.ask_unless(
            "rds", "DescribeDBInstances", _NONE, DBInstanceIdentifier=name
        )
        return answer["DBInstances"][0] if answer else None


def _typed(moment: datetime) -> str:
    """Return a moment as `--to` takes it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
