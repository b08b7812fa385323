"""What moto 5.2 leaves out of AWS Backup, file systems, flow logs and WAF. Each gap names how it shows."""

import json
import time
import uuid
from typing import Any
from urllib.parse import unquote

from moto.backup import urls as backup_urls
from moto.backup.exceptions import ResourceNotFoundException
from moto.backup.models import Plan
from moto.backup.responses import BackupResponse
from moto.core.common_types import TYPE_RESPONSE
from moto.ec2.models.flow_logs import FlowLogsBackend
from moto.efs.responses import EFSResponse
from moto.wafv2.models import FakeIPSet


def fill_security_gaps() -> None:
    """Patch moto's classes, once per process."""
    _select_what_to_back_up()
    _list_tags_of_backups()
    _opt_in_to_backups()
    _log_connections_to_a_folder()
    _lock_address_sets_as_waf_does()
    _change_file_systems()


def _lock_address_sets_as_waf_does() -> None:
    """Give a set of addresses a lock token in AWS's form: with moto's, which is cut, none can be deleted."""

    def token(self: FakeIPSet) -> str:
        return str(self.__dict__["_token"])

    def renew(self: FakeIPSet, _moto: str) -> None:
        self.__dict__["_token"] = str(uuid.uuid4())

    FakeIPSet.lock_token = property(token, renew)  # type: ignore[assignment]  # the patch


def _change_file_systems() -> None:
    """Let a throughput change and a policy go, without which a destroy retries for ten minutes."""
    json_type = {"Content-Type": "application/json"}

    def update_file_system(self: EFSResponse) -> TYPE_RESPONSE:
        file_system = self.efs_backend.file_systems_by_id[self._get_param("FileSystemId")]
        file_system.throughput_mode = self._get_param("ThroughputMode")
        return 202, json_type, json.dumps(file_system.info_json())

    def delete_file_system_policy(self: EFSResponse) -> TYPE_RESPONSE:
        file_system = self.efs_backend.file_systems_by_id[self._get_param("FileSystemId")]
        file_system.file_system_policy = None
        return 200, json_type, "{}"

    for call in (update_file_system, delete_file_system_policy):
        setattr(EFSResponse, call.__name__, call)


def _select_what_to_back_up() -> None:
    """Let a plan change, keep its selections, and let a vault that goes be asked what is in it."""
    selections: dict[str, dict[str, Any]] = {}

    def update_backup_plan(self: BackupResponse) -> str:
        backend = self.backup_backend
        plan = backend.get_backup_plan(self.path.rstrip("/").split("/")[-1], None)
        wanted = Plan(json.loads(self.body)["BackupPlan"], plan.creator_request_id, backend)
        plan.backup_plan, plan.version_id = wanted.backup_plan, wanted.version_id
        return json.dumps(plan.to_dict())

    def create_backup_selection(self: BackupResponse) -> str:
        request = json.loads(self.body)
        selection_id, now = str(uuid.uuid4()), time.time()
        selections[selection_id] = {
            "BackupPlanId": self.path.split("/")[3],
            "BackupSelection": request["BackupSelection"],
            "CreationDate": now,
            "SelectionId": selection_id,
        }
        members = ("BackupPlanId", "CreationDate", "SelectionId")
        return json.dumps({member: selections[selection_id][member] for member in members})

    def get_backup_selection(self: BackupResponse) -> str:
        found = selections.get(self.path.rstrip("/").split("/")[-1])
        if found is None:
            raise ResourceNotFoundException(msg="Cannot find the backup selection")
        return json.dumps(found)

    def list_backup_selections(self: BackupResponse) -> str:
        plan = self.path.split("/")[3]
        found = [
            {**each, "SelectionName": each["BackupSelection"]["SelectionName"]}
            for each in selections.values()
            if each["BackupPlanId"] == plan
        ]
        return json.dumps({"BackupSelectionsList": found})

    def delete_backup_selection(self: BackupResponse) -> str:
        selections.pop(self.path.rstrip("/").split("/")[-1], None)
        return "{}"

    def list_recovery_points_by_backup_vault(_self: BackupResponse) -> str:
        return json.dumps({"RecoveryPoints": []})  # nothing is ever backed up here

    for call in (
        update_backup_plan,
        create_backup_selection,
        get_backup_selection,
        list_backup_selections,
        delete_backup_selection,
        list_recovery_points_by_backup_vault,
    ):
        setattr(BackupResponse, call.__name__, call)
    recovery_points = "{0}/backup-vaults/(?P<name>[^/]+)/recovery-points/?$"
    backup_urls.url_paths[recovery_points] = BackupResponse.dispatch


def _list_tags_of_backups() -> None:
    """Take the name from a path with or without a slash at its end; the provider sends none."""

    def list_tags(self: BackupResponse) -> str:
        arn = unquote(self.path.removeprefix("/tags/").rstrip("/"))
        return json.dumps({"Tags": self.backup_backend.list_tags(resource_arn=arn)})

    BackupResponse.list_tags = list_tags  # type: ignore[method-assign]  # the patch


def _opt_in_to_backups() -> None:
    """Answer as an account in whose region somebody has opened AWS Backup's console."""

    def describe_region_settings(_self: BackupResponse) -> str:
        preference = dict.fromkeys(("Aurora", "EFS", "RDS"), True)
        return json.dumps({"ResourceTypeOptInPreference": preference})

    BackupResponse.describe_region_settings = describe_region_settings  # type: ignore[attr-defined]  # the patch
    backup_urls.url_paths["{0}/account-settings/?$"] = BackupResponse.dispatch


def _log_connections_to_a_folder() -> None:
    """Let a flow log go to a folder of a bucket; moto looks for a bucket of that whole name."""
    create = FlowLogsBackend.create_flow_logs

    def create_in_a_folder(self: FlowLogsBackend, *, log_destination: Any, **request: Any) -> Any:
        bucket: Any = log_destination.partition("/")[0] if log_destination else None
        created, failed = create(self, log_destination=bucket, **request)
        for flow_log in created:
            flow_log.log_destination = log_destination
        return created, failed

    FlowLogsBackend.create_flow_logs = create_in_a_folder  # type: ignore[assignment,method-assign]  # the patch
