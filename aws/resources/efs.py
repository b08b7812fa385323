"""File systems, and by which ways they are reached."""

from typing import Final

from aws.resources.call import Call
from aws.resources.document import DocumentReader, held_in_row, planned_policy, policy_document
from aws.resources.removal import Removal
from aws.resources.row import ResourceType, of

_FILE_SYSTEM: Final = ResourceType(
    type="aws_efs_file_system",
    cloudformation="AWS::EFS::FileSystem",
    arn="arn:aws:elasticfilesystem:us-east-1:111122223333:file-system/name",
    label="file system",
    key=("creation_token",),
    refuses_double=True,
    attributes={"id": "FileSystemId", "arn": "FileSystemArn", "creation_token": "CreationToken"},
    listing=Call("efs", "DescribeFileSystems", "FileSystems", {"CreationToken": "{}"}),
    status="LifeCycleState",
    holds_data=True,
    identity=(
        "availability_zone_name",
        "creation_token",
        "encrypted",
        "kms_key_id",
        "performance_mode",
        "tags",
    ),
    settings=("lifecycle_policy", "throughput_mode"),
)

EFS: Final = (
    ResourceType(
        type="aws_efs_access_point",
        free=True,
        cloudformation="AWS::EFS::AccessPoint",
        label="access point",
        key=("file_system_id", "root_directory.path"),
        attributes={
            "id": "AccessPointId",
            "arn": "AccessPointArn",
            "file_system_id": "FileSystemId",
            "root_directory.path": "RootDirectory.Path",
        },
        can_be_double=True,
        alone=True,
        listing=Call("efs", "DescribeAccessPoints", "AccessPoints", {"FileSystemId": "{}"}),
        status="LifeCycleState",
        tags="Tags",
        identity=("posix_user", "root_directory", "tags"),
        removal=Removal("efs", "DeleteAccessPoint", {"AccessPointId": "{0}"}),
    ),
    _FILE_SYSTEM,
    ResourceType(
        type="aws_efs_file_system_policy",
        free=True,
        key=("file_system_id",),
        attributes={"id": "FileSystemId", "file_system_id": "FileSystemId"},
        import_id="{file_system_id}",
        is_part=True,
        listing=Call(
            "efs",
            "DescribeFileSystemPolicy",
            "Policy",
            {"FileSystemId": "{}"},
            absent=frozenset({"PolicyNotFound", "FileSystemNotFound"}),
            single=True,
        ),
        overwrites=True,
        document=DocumentReader(held=held_in_row(policy_document), planned=planned_policy),
    ),
    ResourceType(
        type="aws_efs_mount_target",
        free=True,
        cloudformation="AWS::EFS::MountTarget",
        label="mount target",
        key=("file_system_id", "subnet_id"),
        attributes={
            "id": "MountTargetId",
            "file_system_id": "FileSystemId",
            "subnet_id": "SubnetId",
        },
        listing=Call("efs", "DescribeMountTargets", "MountTargets", {"FileSystemId": "{}"}),
        owners=of(_FILE_SYSTEM, "id"),
        status="LifeCycleState",
        identity=(),
        merged=("security_groups",),
    ),
)
