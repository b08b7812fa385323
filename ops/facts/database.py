"""What RDS and CloudWatch say about a stage's database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from common.errors import UserError
from modules.settings.services import POSTGRES_PORT
from ops.deployed import Deployed

_GIB = 1024**3
_NONE = frozenset({"DBInstanceNotFound", "DBInstanceNotFoundFault", "DBClusterNotFoundFault"})


@dataclass(frozen=True, kw_only=True)
class DatabaseFacts:
    """The instance or the Aurora cluster. `free_gib` is None where nothing was measured lately.

    `allocated_gib` is None for Aurora, whose volume grows by itself.
    """

    name: str
    status: str
    version: str
    allocated_gib: int | None
    free_gib: float | None
    pending: tuple[str, ...]


def database_facts(deployed: Deployed) -> DatabaseFacts | None:
    """Return the stage's database; None where there is none. Raises UserError when AWS refuses."""
    is_instance, found = _described(deployed)
    if found is None:
        return None
    metric = "FreeStorageSpace" if is_instance else "FreeLocalStorage"
    dimension = "DBInstanceIdentifier" if is_instance else "DBClusterIdentifier"
    return DatabaseFacts(
        name=deployed.names.database,
        status=found["DBInstanceStatus" if is_instance else "Status"],
        version=found["EngineVersion"],
        allocated_gib=found["AllocatedStorage"] if is_instance else None,
        free_gib=_free_gib(deployed, metric, dimension),
        pending=tuple(sorted(found.get("PendingModifiedValues") or ())),
    )


def database_address(deployed: Deployed) -> tuple[str, int]:
    """Return where the database listens. Raises UserError where there is none, and when AWS refuses."""
    is_instance, found = _described(deployed)
    if found is None:
        raise UserError(
            f"there is no database {deployed.names.database}: deploy the stage first: "
            f"`cdktf deploy {deployed.settings.stack_name}`"
        )
    endpoint = found.get("Endpoint", {}).get("Address") if is_instance else found.get("Endpoint")
    return str(endpoint), POSTGRES_PORT


def takes_iam_logins(deployed: Deployed) -> bool:
    """Return whether the database takes tokens of IAM for passwords."""
    _, found = _described(deployed)
    return bool((found or {}).get("IAMDatabaseAuthenticationEnabled"))


def _described(deployed: Deployed) -> tuple[bool, Mapping[str, Any] | None]:
    """Return whether the stage has an instance, not a cluster, and what RDS says of it, if it is there."""
    is_instance = deployed.settings.database.engine == "postgres"
    kind = "DBInstance" if is_instance else "DBCluster"
    answer = deployed.ask_unless(
        "rds", f"Describe{kind}s", _NONE, **{f"{kind}Identifier": deployed.names.database}
    )
    return is_instance, answer[f"{kind}s"][0] if answer else None


def _free_gib(deployed: Deployed, metric: str, dimension: str) -> float | None:
    now = datetime.now(UTC)
    points = deployed.ask(
        "cloudwatch",
        "GetMetricStatistics",
        Namespace="AWS/RDS",
        MetricName=metric,
        Dimensions=[{"Name": dimension, "Value": deployed.names.database}],
        StartTime=now - timedelta(minutes=30),
        EndTime=now,
        Period=300,
        Statistics=["Average"],
    )["Datapoints"]
    if not points:
        return None
    latest = max(points, key=lambda point: point["Timestamp"])
    return float(latest["Average"]) / _GIB
