"""What moto leaves out of AWS Backup, file systems, flow logs and WAF."""

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

from local.moto_patches.patching import Own, adds, around

_JSON = {"Content-Type": "application/json"}
_SELECTIONS: dict[str, dict[str, Any]] = {}

# Calls whose paths moto does not know.
for _path in ("backup-vaults/(?P<name>[^/]+)/recovery-points/?$", "account-settings/?$"):
    backup_urls.url_paths[f"{{0}}/{_path}"] = BackupResponse.dispatch


def _token(self: FakeIPSet) -> str:
    """Return a lock token in AWS's form: with moto's, which is cut, no set of addresses can be deleted."""
    return str(self.__dict__["_token"])


def _renew_token(self: FakeIPSet, _moto: str) -> None:
    self.__dict__["_token"] = str(uuid.uuid4())


FakeIPSet.lock_token = property(_token, _renew_token)  # type: ignore[assignment]  # the patch


@adds(EFSResponse)
def _update_file_system(self: EFSResponse) -> TYPE_RESPONSE:
    file_system = self.efs_backend.file_systems_by_id[self._get_param("FileSystemId")]
    file_system.throughput_mode = self._get_param("ThroughputMode")
    return 202, _JSON, json.dumps(file_system.info_json())


@adds(EFSResponse)
def _delete_file_system_policy(self: EFSResponse) -> TYPE_RESPONSE:
    """Without it a destroy retries for ten minutes."""
    file_system = self.efs_backend.file_systems_by_id[self._get_param("FileSystemId")]
    file_system.file_system_policy = None
    return 200, _JSON, "{}"


@adds(BackupResponse)
def _update_backup_plan(self: BackupResponse) -> str:
    backend = self.backup_backend
    plan = backend.get_backup_plan(self.path.rstrip("/").split("/")[-1], None)
    wanted = Plan(json.loads(self.body)["BackupPlan"], plan.creator_request_id, backend)
    plan.backup_plan, plan.version_id = wanted.backup_plan, wanted.version_id
    return json.dumps(plan.to_dict())


@adds(BackupResponse)
def _create_backup_selection(self: BackupResponse) -> str:
    request = json.loads(self.body)
    selection_id, now = str(uuid.uuid4()), time.time()
    _SELECTIONS[selection_id] = {
        "BackupPlanId": self.path.split("/")[3],
        "BackupSelection": request["BackupSelection"],
        "CreationDate": now,
        "SelectionId": selection_id,
    }
    members = ("BackupPlanId", "CreationDate", "SelectionId")
    return json.dumps({member: _SELECTIONS[selection_id][member] for member in members})


@adds(BackupResponse)
def _get_backup_selection(self: BackupResponse) -> str:
    found = _SELECTIONS.get(self.path.rstrip("/").split("/")[-1])
    if found is None:
        raise ResourceNotFoundException(msg="Cannot find the backup selection")
    return json.dumps(found)


@adds(BackupResponse)
def _list_backup_selections(self: BackupResponse) -> str:
    plan = self.path.split("/")[3]
    found = [
        {**each, "SelectionName": each["BackupSelection"]["SelectionName"]}
        for each in _SELECTIONS.values()
        if each["BackupPlanId"] == plan
    ]
    return json.dumps({"BackupSelectionsList": found})


@adds(BackupResponse)
def _delete_backup_selection(self: BackupResponse) -> str:
    _SELECTIONS.pop(self.path.rstrip("/").split("/")[-1], None)
    return "{}"


@adds(BackupResponse)
def _list_recovery_points_by_backup_vault(_self: BackupResponse) -> str:
    """Let a vault that goes be asked what is in it."""
    return json.dumps({"RecoveryPoints": []})  # nothing is ever backed up here


@adds(BackupResponse)
def _list_tags(self: BackupResponse) -> str:
    """Take the name from a path with or without a slash at its end; the provider sends none."""
    arn = unquote(self.path.removeprefix("/tags/").rstrip("/"))
    return json.dumps({"Tags": self.backup_backend.list_tags(resource_arn=arn)})


@adds(BackupResponse)
def _describe_region_settings(_self: BackupResponse) -> str:
    """Answer as an account in whose region somebody has opened AWS Backup's console."""
    preference = dict.fromkeys(("Aurora", "EFS", "RDS"), True)
    return json.dumps({"ResourceTypeOptInPreference": preference})


@around(FlowLogsBackend)
def _create_flow_logs(
    own: Own, self: FlowLogsBackend, *, log_destination: Any, **request: Any
) -> Any:
    """Let a flow log go to a folder of a bucket; moto looks for a bucket of that whole name."""
    bucket: Any = log_destination.partition("/")[0] if log_destination else None
    created, failed = own(self, log_destination=bucket, **request)
    for flow_log in created:
        flow_log.log_destination = log_destination
    return created, failed
