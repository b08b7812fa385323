"""Whether the database can go back to a moment."""

from modules.settings.stage_settings import StageSettings
from ops.doctor.finding import Finding, attention, fine

_NAME = "database backups"


def judge_backups(settings: StageSettings) -> list[Finding]:
    """Say of a stage that retains its data when its database cannot go back to a moment.

    An adopted stage keeps the days that its database had, which may be none.
    """
    # Aurora keeps a day at least.
    least = 0 if settings.database.engine == "postgres" else 1
    days = max(settings.database.backup_retention_days, least)
    if days:
        return [
            fine(
                _NAME, f"backup_retention_days is {days}: it can go back to any moment within them"
            )
        ]
    if not settings.retain_data:
        return [fine(_NAME, "none, and the stage does not retain its data")]
    beside = "; AWS Backup copies it once a day" if settings.security.backups else ""
    return [
        attention(
            _NAME,
            f"it cannot go back to a moment: RDS keeps no backups (backup_retention_days = 0){beside}",
            f"write backup_retention_days = 14 below [database] in stages/{settings.stage}.toml, and `cdktf "
            f"deploy {settings.stack_name}`, which interrupts the database for minutes",
        )
    ]
