"""For how long AWS supports the database's major version at no extra charge."""

from datetime import date, timedelta
from typing import Final

from aws.client import ask
from modules.base.naming import major_version
from ops.deployed import Deployed
from ops.doctor.finding import Finding, attention, fine, unknown

_ENGINES: Final = {"postgres": "postgres", "aurora-serverless-v2": "aurora-postgresql"}
_STANDARD: Final = "open-source-rds-standard-support"
_IN_TIME: Final = timedelta(days=180)
_NAME: Final = "database version"


def gather(deployed: Deployed) -> date | None:
    """Return when standard support ends; None where AWS does not say. Raises UserError when it refuses."""
    settings = deployed.settings.database
    versions = ask(
        deployed.clients,
        "rds",
        "DescribeDBMajorEngineVersions",
        Engine=_ENGINES[settings.engine],
        MajorEngineVersion=major_version(settings.engine_version),
    )["DBMajorEngineVersions"]
    return next(
        (
            each["LifecycleSupportEndDate"].date()
            for version in versions
            for each in version.get("SupportedEngineLifecycles", ())
            if each["LifecycleSupportName"] == _STANDARD
        ),
        None,
    )


def judge_engine(ends: date | None, *, version: str, stage: str, today: date) -> list[Finding]:
    """Say half a year ahead that AWS will charge for an old version, by each vCPU and hour.

    A database is enrolled when it is made, and that cannot be changed later.
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/extended-support.html
    """
    what = f"PostgreSQL {major_version(version)}"
    if ends is None:
        return [
            unknown(
                _NAME,
                f"AWS does not say until when it supports {what}",
                "look for it in the release calendar of Amazon RDS for PostgreSQL",
            )
        ]
    if ends - today > _IN_TIME:
        return [fine(_NAME, f"{what} has standard support until {ends}")]
    verb = "ends" if ends >= today else "ended"
    return [
        attention(
            _NAME,
            f"standard support of {what} {verb} on {ends}: RDS Extended Support is charged from then on, by "
            "vCPU and hour",
            f"python -m ops database upgrade VERSION --stage {stage}",
        )
    ]
