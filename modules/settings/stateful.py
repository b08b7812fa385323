"""What holds data that cannot be made again."""

from collections.abc import Iterator
from typing import Final

from modules.base.naming import resource_name
from modules.settings.mirrored import third_party_images
from modules.settings.stage_settings import StageSettings

STATEFUL: Final = frozenset(
    {
        "aws_backup_vault",
        "aws_cognito_user_pool",
        "aws_db_instance",
        "aws_docdb_cluster",
        "aws_dynamodb_table",
        "aws_ebs_volume",
        "aws_ecr_repository",
        "aws_efs_file_system",
        "aws_elasticache_cluster",
        "aws_elasticache_replication_group",
        "aws_elasticache_serverless_cache",
        "aws_fsx_lustre_file_system",
        "aws_fsx_openzfs_file_system",
        "aws_keyspaces_table",
        "aws_kinesis_stream",
        "aws_kms_key",
        "aws_memorydb_cluster",
        "aws_mq_broker",
        "aws_msk_cluster",
        "aws_msk_serverless_cluster",
        "aws_neptune_cluster",
        "aws_opensearch_domain",
        "aws_opensearchserverless_collection",
        "aws_rds_cluster",
        "aws_redshift_cluster",
        "aws_s3_bucket",
        "aws_secretsmanager_secret",
        "aws_sqs_queue",
        "aws_ssm_parameter",
        "aws_timestreamwrite_table",
    }
)
"""The types of Terraform that do: the platform's, and those that an extension may make."""


def stateful_addresses(settings: StageSettings) -> Iterator[str]:
    """Yield the addresses of what a stage holds data in, with either database engine and in any phase.

    Both engines, because a change from one to the other destroys an address that is no longer configured.
    """
    yield from ("aws_db_instance.main", "aws_rds_cluster.main")
    yield from ("aws_s3_bucket.data", "aws_s3_bucket.logs", "aws_efs_file_system.lancedb")
    yield from ("aws_kms_key.main", "aws_backup_vault.main")
    for row in settings.secret_rows:
        yield f"aws_secretsmanager_secret.{resource_name(row.name)}"
    rows = (*settings.services.values(), *settings.beside.left_out.values())
    for registry in dict.fromkeys(row.registry for row in rows if row.has_own_image):
        yield f"aws_ecr_repository.{resource_name(registry)}"
    if any(row.jobs for row in rows):
        yield "aws_sqs_queue.failed_jobs"
    if settings.images.mirror != "none":
        yield from (
            f"aws_ecr_repository.mirror_{each.label}" for each in third_party_images(settings)
        )
