"""The EFS file system of LanceDB."""

import json

from cdktf_cdktf_provider_aws.efs_access_point import (
    EfsAccessPoint,
    EfsAccessPointPosixUser,
    EfsAccessPointRootDirectory,
    EfsAccessPointRootDirectoryCreationInfo,
)
from cdktf_cdktf_provider_aws.efs_file_system import (
    EfsFileSystem,
    EfsFileSystemLifecyclePolicy,
)
from cdktf_cdktf_provider_aws.efs_file_system_policy import EfsFileSystemPolicy
from cdktf_cdktf_provider_aws.efs_mount_target import EfsMountTarget
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from constructs import Construct

from modules.base.address import address
from modules.context import Context
from modules.network.network import AnyNetwork
from modules.security import policies
from modules.settings import stage_settings as s

OWNER_ID = 1000


class FileStorage(Construct):
    """An encrypted file system, mounted over TLS with IAM: through one access point, or all of it.

    `way_in` is the access point that tasks mount; None where they see the file system's root.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        settings: s.FileStorage,
        network: AnyNetwork,
        security_group: SecurityGroup,
    ) -> None:
        super().__init__(scope, id_)
        self.file_system = context.guard.address("lancedb", EfsFileSystem)(
            self,
            "file_system",
            creation_token=context.names.file_system,
            encrypted=True,
            kms_key_id=context.key_arn,
            throughput_mode=None if settings.throughput == "bursting" else settings.throughput,
            # What is read again comes back: else it would stay slow, and each read would cost.
            # https://docs.aws.amazon.com/efs/latest/ug/lifecycle-management-efs.html
            lifecycle_policy=[
                EfsFileSystemLifecyclePolicy(transition_to_ia="AFTER_14_DAYS"),
                EfsFileSystemLifecyclePolicy(transition_to_primary_storage_class="AFTER_1_ACCESS"),
            ],
            tags={"Name": context.names.file_system},
        )
        tls_only = policies.tls_only(action="*", resources=[self.file_system.arn])
        address("lancedb", EfsFileSystemPolicy)(
            self,
            "policy",
            file_system_id=self.file_system.id,
            # EFS may give a policy without an Id one, which every later plan would take away again.
            policy=json.dumps({"Id": "tls-only", **policies.document([tls_only])}),
        )
        self.mount_targets = [
            address(f"lancedb_{index}", EfsMountTarget)(
                self,
                f"mount_target_{index}",
                file_system_id=self.file_system.id,
                subnet_id=subnet.id,
                security_groups=[security_group.id],
            )
            for index, subnet in enumerate(network.private_subnets)
        ]
        self.access_point = address("lancedb", EfsAccessPoint)(
            self,
            "access_point",
            file_system_id=self.file_system.id,
            posix_user=EfsAccessPointPosixUser(uid=OWNER_ID, gid=OWNER_ID),
            root_directory=EfsAccessPointRootDirectory(
                path="/lancedb",
                creation_info=EfsAccessPointRootDirectoryCreationInfo(
                    owner_uid=OWNER_ID, owner_gid=OWNER_ID, permissions="0755"
                ),
            ),
            tags={"Name": context.names.file_system},
        )
        self.way_in = self.access_point if settings.mount == "access-point" else None
