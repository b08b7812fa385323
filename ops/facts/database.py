"""What RDS and CloudWatch say about a stage's database."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aws.client import ask, ask_unless
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
    if deployed.settings.database.engine == "postgres":
        return _instance(deployed)
    return _cluster(deployed)


def database_address(deployed: Deployed) -> tuple[str, int]:
    """Return where the database listens. Raises UserError where there is none, and when AWS refuses."""
    name = deployed.names.database
    if deployed.settings.database.engine == "postgres":
        answer = ask(deployed.clients, "rds", "DescribeDBInstances", DBInstanceIdentifier=name)
        endpoint = answer["DBInstances"][0].get("Endpoint", {})
        return str(endpoint.get("Address")), POSTGRES_PORT
    answer = ask(deployed.clients, "rds", "DescribeDBClusters", DBClusterIdentifier=name)
    return str(answer["DBClusters"][0].get("Endpoint")), POSTGRES_PORT


def _instance(deployed: Deployed) -> DatabaseFacts | None:
    name = deployed.names.database
    answer = ask_unless(
        deployed.clients, "rds", "DescribeDBInstances", _NONE, DBInstanceIdentifier=name
    )
    if answer is None:
        return None
    (instance,) = answer["DBInstances"]
    return DatabaseFacts(
        name=name,
        status=instance["DBInstanceStatus"],
        version=instance["EngineVersion"],
        allocated_gib=instance["AllocatedStorage"],
        free_gib=_free_gib(deployed, "FreeStorageSpace", "DBInstanceIdentifier"),
        pending=tuple(sorted(instance.get("PendingModifiedValues") or ())),
    )


def _cluster(deployed: Deployed) -> DatabaseFacts | None:
    name = deployed.names.database
    answer = ask_unless(
        deployed.clients, "rds", "DescribeDBClusters", _NONE, DBClusterIdentifier=name
    )
    if answer is None:
        return None
    (cluster,) = answer["DBClusters"]
    return DatabaseFacts(
        name=name,
        status=cluster["Status"],
        version=cluster["EngineVersion"],
        allocated_gib=None,
        free_gib=_free_gib(deployed, "FreeLocalStorage", "DBClusterIdentifier"),
        pending=tuple(sorted(cluster.get("PendingModifiedValues") or ())),
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
