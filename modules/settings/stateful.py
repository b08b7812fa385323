"""What holds data that cannot be made again."""

from collections.abc import Iterator

from modules.settings.mirrored import third_party_images
from modules.settings.services import OWN_REPOSITORY
from modules.settings.stage_settings import StageSettings


def stateful_addresses(settings: StageSettings) -> Iterator[str]:
    """Yield the addresses of what a stage holds data in, with either database engine and in any phase.

    Both engines, because a change from one to the other destroys an address that is no longer configured.
    """
    yield from ("aws_db_instance.main", "aws_rds_cluster.main")
    yield from ("aws_s3_bucket.data", "aws_s3_bucket.logs", "aws_efs_file_system.lancedb")
    yield from ("aws_kms_key.main", "aws_backup_vault.main")
    for row in settings.secret_rows:
        yield f"aws_secretsmanager_secret.{row.name.replace('-', '_')}"
    for name, service in settings.services.items():
        if service.image == OWN_REPOSITORY:
            yield f"aws_ecr_repository.{name.replace('-', '_')}"
    if settings.images.mirror != "none":
        yield from (
            f"aws_ecr_repository.mirror_{each.label}" for each in third_party_images(settings)
        )
