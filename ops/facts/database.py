"""What RDS and CloudWatch say about a stage's database."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aws.client import ask, ask_unless
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
    name = deployed.names.database
    is_instance = deployed.settings.database.engine == "postgres"
    kind = "DBInstance" if is_instance else "DBCluster"
    answer = ask_unless(
        deployed.clients, "rds", f"Describe{kind}s", _NONE, **{f"{kind}Identifier": name}
    )
    if answer is None:
        return None
    (found,) = answer[f"{kind}s"]
    metric = "FreeStorageSpace" if is_instance else "FreeLocalStorage"
    return DatabaseFacts(
        name=name,
        status=found["DBInstanceStatus" if is_instance else "Status"],
        version=found["EngineVersion"],
        allocated_gib=found["AllocatedStorage"] if is_instance else None,
        free_gib=_free_gib(deployed, metric, f"{kind}Identifier"),
        pending=tuple(sorted(found.get("PendingModifiedValues") or ())),
    )


def _free_gib(deployed: Deployed, metric: str, dimension: str) -> float | None:
    now = datetime.now(UTC)
    points = ask(
        deployed.clients,
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
