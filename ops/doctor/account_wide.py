"""What belongs to the account and not to a stage: no deploy makes it, and no destroy takes it away."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws.client import Clients, ask, ask_all
from common.errors import UserError
from modules.base.partition import has
from ops.deployed import Deployed
from ops.doctor.finding import Finding, attention, fine

# Where RDS writes what Enhanced Monitoring measures, of all databases of a region.
_METRICS = "RDSOSMetrics"
_AURORA, _RDS, _FILES = "Aurora", "RDS", "EFS"
# What watches over an account, by the call that lists it.
_WATCHERS = {
    "CloudTrail": ("cloudtrail", "DescribeTrails", "trailList"),
    "GuardDuty": ("guardduty", "ListDetectors", "DetectorIds"),
    "AWS Config": ("config", "DescribeConfigurationRecorders", "ConfigurationRecorders"),
}


@dataclass(frozen=True, kw_only=True)
class AccountWideFacts:
    """`opted_in` says by resource type what AWS Backup backs up; None where the stage has no backups.

    `metrics_kept` is for how many days, None for ever; `measured` whether that log exists. `watched` says by
    service whether it watches the account in this region; None where that may not be asked.
    """

    opted_in: Mapping[str, bool] | None
    backed_up: tuple[str, ...]
    measured: bool
    metrics_kept: int | None
    monitors: tuple[str, ...]
    watched: Mapping[str, bool | None]


def gather(deployed: Deployed) -> AccountWideFacts:
    """Ask for what all stages of the account and the region share. Raises UserError when AWS refuses."""
    clients, settings = deployed.clients, deployed.settings
    opted_in: Mapping[str, bool] | None = None
    if settings.security.backups:
        answer = ask(clients, "backup", "DescribeRegionSettings")
        opted_in = answer.get("ResourceTypeOptInPreference", {})
    groups = ask_all(clients, "logs", "DescribeLogGroups", "logGroups", logGroupNamePrefix=_METRICS)
    metrics = [each for each in groups if each["logGroupName"] == _METRICS]
    monitors = (
        ask_all(clients, "ce", "GetAnomalyMonitors", "AnomalyMonitors")
        if has("ce", settings.region)
        else []
    )
    return AccountWideFacts(
        opted_in=opted_in,
        backed_up=(_RDS if settings.database.engine == "postgres" else _AURORA, _FILES),
        measured=bool(metrics),
        metrics_kept=metrics[0].get("retentionInDays") if metrics else None,
        monitors=tuple(each["MonitorArn"] for each in monitors),
        watched=watchers(clients),
    )


def watchers(clients: Clients) -> Mapping[str, bool | None]:
    """Return which services watch over the account; None for one that these credentials may not ask."""
    return {name: _is_there(clients, *call) for name, call in _WATCHERS.items()}


def _is_there(clients: Clients, service: str, operation: str, listed: str) -> bool | None:
    try:
        return bool(ask_all(clients, service, operation, listed))
    except UserError:
        return None


def judge_account_wide(facts: AccountWideFacts) -> list[Finding]:
    """Say what AWS Backup passes over, and name what no stage has.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/service-opt-in.html
    """
    kept = f"{facts.metrics_kept} days" if facts.metrics_kept else "for ever"
    named = [
        *([f"log group {_METRICS} (kept {kept})"] if facts.measured else []),
        "AWS Backup's opt-in",
        *([f"monitor of unusual costs {', '.join(facts.monitors)}"] if facts.monitors else []),
    ]
    found = [
        fine("account", f"no stage's, and left as found: {', '.join(named)}"),
        fine(
            "account's watchers",
            f"in this region, for the account to decide: {_said_of(facts.watched)}",
        ),
    ]
    opted_in = facts.opted_in
    off = [] if opted_in is None else [each for each in facts.backed_up if not opted_in.get(each)]
    if off:
        settings = ",".join(f"{each}=true" for each in off)
        found.append(
            attention(
                "backup opt-in",
                f"AWS Backup is switched off in this region for {' and '.join(off)}",
                "aws backup update-region-settings --resource-type-opt-in-preference " + settings,
            )
        )
    return found


def _said_of(watched: Mapping[str, bool | None]) -> str:
    said = {True: "on", False: "off", None: "unknown (these credentials may not ask)"}
    return ", ".join(f"{name} {said[is_on]}" for name, is_on in watched.items())
