"""Backups: where they are kept, when they are made, and of what."""

from collections.abc import Sequence
from typing import Any, Final

from aws.client import Clients, ask
from aws.resources.call import Call, Row
from aws.resources.removal import Removal
from aws.resources.row import ResourceType, of


def _whose(clients: Clients, plans: Sequence[Row], sought: str | None) -> Sequence[Row]:
    """Tell the tags of plans, their selections and the vaults that they write to."""
    return [row if sought is None else {**row, **_about(clients, row)} for row in plans]


def _about(clients: Clients, row: Row) -> dict[str, Any]:
    id_ = row["BackupPlanId"]
    plan = ask(clients, "backup", "GetBackupPlan", BackupPlanId=id_)["BackupPlan"]
    listed = ask(clients, "backup", "ListTags", ResourceArn=row["BackupPlanArn"])
    return {
        "Tags": listed.get("Tags", {}),
        "Selections": _SELECTIONS.rows(clients, id_),
        "Vaults": [rule["TargetBackupVaultName"] for rule in plan["Rules"]],
    }


_SELECTIONS: Final = Call(
    "backup", "ListBackupSelections", "BackupSelectionsList", {"BackupPlanId": "{}"}
)
_PLAN: Final = ResourceType(
    type="aws_backup_plan",
    free=True,
    key=("name",),
    attributes={"id": "BackupPlanId", "arn": "BackupPlanArn", "name": "BackupPlanName"},
    can_be_double=True,
    listing=Call("backup", "ListBackupPlans", "BackupPlansList"),
    details=_whose,
    tags="Tags",
    in_use="Selections",
    tied_to=("aws_backup_vault", "Vaults"),
    protects=True,
    removal=Removal("backup", "DeleteBackupPlan", {"BackupPlanId": "{0}"}),
)

BACKUP: Final = (
    ResourceType(
        type="aws_backup_selection",
        free=True,
        role_is_for="backup.amazonaws.com",
        key=("plan_id", "name"),
        attributes={"id": "SelectionId", "plan_id": "BackupPlanId", "name": "SelectionName"},
        import_id="{plan_id}|{id}",
        can_be_double=True,
        listing=_SELECTIONS,
        owners=of(_PLAN, "id"),
        protects=True,
        removal=Removal(
            "backup", "DeleteBackupSelection", {"BackupPlanId": "{0}", "SelectionId": "{1}"}
        ),
    ),
    _PLAN,
    ResourceType(
        type="aws_backup_vault",
        key=("name",),
        refuses_double=True,
        attributes={"id": "BackupVaultName", "arn": "BackupVaultArn", "name": "BackupVaultName"},
        import_id="{name}",
        listing=Call("backup", "ListBackupVaults", "BackupVaultList"),
        holds_data=True,
        kept_in_state={"force_destroy": None},
    ),
)
