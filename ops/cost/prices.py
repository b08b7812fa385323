"""The dated table of list prices that `cost` reckons with (`prices.toml`)."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

PRICES = Path(__file__).with_name("prices.toml")
HOURS_PER_MONTH = 730
"""What AWS's own calculator takes for a month."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fargate(_Table):
    """USD per hour; `spot_discount` is a share of the price."""

    x86_64_vcpu_hour: float
    x86_64_gb_hour: float
    arm64_vcpu_hour: float
    arm64_gb_hour: float
    spot_discount: float


class Network(_Table):
    """USD."""

    nat_gateway_hour: float
    nat_gateway_gb: float
    public_ipv4_hour: float
    private_zone_month: float
    cloud_map_instance_month: float


class LoadBalancer(_Table):
    """USD."""

    alb_hour: float
    lcu_hour: float
    cloudfront_gb: float


class Database(_Table):
    """USD; `instance_hour` by instance class."""

    gp3_gb_month: float
    aurora_acu_hour: float
    aurora_gb_month: float
    burst_vcpu_hour: float
    instance_hour: dict[str, float]


class Storage(_Table):
    """USD."""

    efs_gb_month: float
    s3_gb_month: float
    ecr_gb_month: float
    backup_gb_month: float


class Monitoring(_Table):
    """USD."""

    logs_gb: float
    logs_to_s3_gb: float
    alarm_month: float
    dashboard_month: float


class Security(_Table):
    """USD."""

    secret_month: float
    kms_key_month: float
    web_acl_month: float
    web_acl_rule_month: float


class Messaging(_Table):
    """USD."""

    sqs_million: float


class Position(_Table):
    """So many resources of one type that are alike, with the arguments that their price depends on."""

    type: str
    count: int
    attributes: dict[str, Any] = {}


class Prices(_Table):
    """List prices of one region on one day, and what the legacy base is made of."""

    region: str
    as_of: str
    fargate: Fargate
    network: Network
    load_balancer: LoadBalancer
    database: Database
    storage: Storage
    monitoring: Monitoring
    messaging: Messaging
    security: Security
    legacy_base: tuple[Position, ...]

    def are_an_estimate_in(self, region: str) -> bool:
        """Return whether a bill of `region` by these prices is an estimate: most other regions cost more."""
        return region != self.region


def read_prices() -> Prices:
    """Return the table that comes with the project."""
    return Prices.model_validate(tomllib.loads(PRICES.read_text(encoding="utf-8")))
