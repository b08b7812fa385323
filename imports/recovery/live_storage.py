"""How files and buckets are found, and the backups of what is stored."""

from collections.abc import Callable, Mapping
from typing import Final

from aws.client import Clients, ask
from imports.recovery.live import (
    CREATING,
    Finder,
    Live,
    arguments,
    at_most_one,
    one_list,
    rows,
    state,
    tags_of,
)


def _file_systems(clients: Clients, token: str) -> list[Live]:
    found = rows(clients, "efs", "DescribeFileSystems", "FileSystems", CreationToken=token)
    return [
        Live(
            key=(token,),
            import_id=row["FileSystemId"],
            attributes={"id": row["FileSystemId"]},
            unfinished=state(row, "LifeCycleState", busy=CREATING),
        )
        for row in found
        if row.get("CreationToken") == token
        and row["LifeCycleState"] not in {"deleting", "deleted"}
    ]


def _mount_targets(clients: Clients, system: str) -> list[Live]:
    return [
        Live(
            key=(system, row["SubnetId"]),
            import_id=row["MountTargetId"],
            unfinished=state(row, "LifeCycleState", busy=CREATING),
        )
        for row in rows(clients, "efs", "DescribeMountTargets", "MountTargets", FileSystemId=system)
        if row["LifeCycleState"] not in {"deleting", "deleted"}
    ]


def _access_points(clients: Clients, system: str) -> list[Live]:
    return [
        Live(
            key=(system, row["RootDirectory"]["Path"]),
            import_id=row["AccessPointId"],
            attributes={"id": row["AccessPointId"]},
            tags=tags_of(row),
            alone=True,
            unfinished=state(row, "LifeCycleState", busy=CREATING),
        )
        for row in rows(clients, "efs", "DescribeAccessPoints", "AccessPoints", FileSystemId=system)
        if row["LifeCycleState"] not in {"deleting", "deleted"}
    ]


def _of_bucket(
    operation: str, *absent: str, member: str = ""
) -> Callable[[Clients, str], list[Live]]:
    return at_most_one("s3", operation, "Bucket", "NoSuchBucket", *absent, member=member)


def _backup_plans(clients: Clients, name: str) -> list[Live]:
    found = rows(clients, "backup", "ListBackupPlans", "BackupPlansList")
    return [
        Live(
            key=(name,),
            import_id=row["BackupPlanId"],
            attributes={"id": row["BackupPlanId"], "arn": row["BackupPlanArn"]},
            tags=ask(clients, "backup", "ListTags", ResourceArn=row["BackupPlanArn"]).get(
                "Tags", {}
            ),
            in_use=bool(_backup_selections(clients, row["BackupPlanId"])),
            tied_to=_vaults(clients, row["BackupPlanId"]),
        )
        for row in found
        if row["BackupPlanName"] == name
    ]


def _vaults(clients: Clients, plan: str) -> frozenset[tuple[str, str]]:
    """Those that it writes to."""
    rules = ask(clients, "backup", "GetBackupPlan", BackupPlanId=plan)["BackupPlan"]["Rules"]
    return frozenset(("aws_backup_vault", rule["TargetBackupVaultName"]) for rule in rules)


def _backup_selections(clients: Clients, plan: str) -> list[Live]:
    return [
        Live(
            key=(plan, row["SelectionName"]),
            import_id=f"{plan}|{row['SelectionId']}",
            attributes={"id": row["SelectionId"]},
        )
        for row in rows(
            clients, "backup", "ListBackupSelections", "BackupSelectionsList", BackupPlanId=plan
        )
    ]


STORAGE_FINDERS: Final[Mapping[str, Finder]] = {
    "aws_backup_plan": Finder(key=arguments("name"), list=_backup_plans),
    "aws_backup_selection": Finder(key=arguments("plan_id", "name"), list=_backup_selections),
    "aws_backup_vault": Finder(
        key=arguments("name"),
        list=one_list("backup", "ListBackupVaults", "BackupVaultList", "BackupVaultName"),
    ),
    "aws_efs_file_system": Finder(key=arguments("creation_token"), list=_file_systems),
    "aws_efs_file_system_policy": Finder(
        key=arguments("file_system_id"),
        list=at_most_one(
            "efs",
            "DescribeFileSystemPolicy",
            "FileSystemId",
            "PolicyNotFound",
            "FileSystemNotFound",
        ),
    ),
    "aws_efs_mount_target": Finder(
        key=arguments("file_system_id", "subnet_id"), list=_mount_targets
    ),
    "aws_efs_access_point": Finder(
        key=arguments("file_system_id", "root_directory.path"), list=_access_points
    ),
    "aws_s3_bucket": Finder(
        key=arguments("bucket"), list=one_list("s3", "ListBuckets", "Buckets", "Name")
    ),
    "aws_s3_bucket_lifecycle_configuration": Finder(
        key=arguments("bucket"),
        list=_of_bucket("GetBucketLifecycleConfiguration", "NoSuchLifecycleConfiguration"),
    ),
    "aws_s3_bucket_logging": Finder(
        key=arguments("bucket"), list=_of_bucket("GetBucketLogging", member="LoggingEnabled")
    ),
    "aws_s3_bucket_policy": Finder(
        key=arguments("bucket"), list=_of_bucket("GetBucketPolicy", "NoSuchBucketPolicy")
    ),
    "aws_s3_bucket_public_access_block": Finder(
        key=arguments("bucket"),
        list=_of_bucket("GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration"),
    ),
    "aws_s3_bucket_server_side_encryption_configuration": Finder(
        key=arguments("bucket"),
        list=_of_bucket("GetBucketEncryption", "ServerSideEncryptionConfigurationNotFoundError"),
    ),
    "aws_s3_bucket_versioning": Finder(
        key=arguments("bucket"), list=_of_bucket("GetBucketVersioning", member="Status")
    ),
}
