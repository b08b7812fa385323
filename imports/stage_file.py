"""Writes the stage file of an adopted base: its settings, as they were found."""

from collections.abc import Mapping, Sequence
from typing import Any

import tomli_w

from common.errors import UserError
from modules.base.naming import CLUSTER_SUFFIX

Found = Mapping[str, Mapping[str, Any]]  # address -> attributes

_HEADER = """\
# The settings of the adopted legacy base. Written by `python -m imports inventory`; it is yours to edit.
# Phase "adopt" adopts the existing objects and changes nothing. Then, step by step:
#   phase = "foundation" adds what the services need,
#   phase = "full" (or no line) adds everything; it needs domain_name and operator_email.
# keep_as_found lists what somebody has set in AWS and what stays so. Where the platform's may take its place,
#   move the address (without the attribute) to allow_overwrite.
# web_firewall and backups come with phase "full" and have a price (docs/settings.md): false gives them up.

"""
_OF_STACK = (
    _HEADER.replace("legacy base", "CloudFormation stack")
    + """\
# health_matcher = "200-499" lets the old tasks and the new ones both pass as healthy during the deployment.
#   Delete the line when `python -m ops status` shows the new ones alone.
# enabled = false leaves out a service that the stack does not have. Delete the line to have the platform's.
# load_balancer.http = "forward" keeps port 80 as it was, beside the new HTTPS. Delete it when HTTPS answers.

"""
)
_DATABASE = "aws_db_instance.main"


def stage_file(
    attributes: Found,
    *,
    region: str,
    kept: Sequence[str] = (),
    of_stack: Mapping[str, Any] | None = None,
) -> str:
    """Return the text of a stage file with phase `adopt` for a base of these attributes.

    `attributes` are the observed or legacy attributes by our address, `kept` what stays as found, `of_stack`
    the further settings that a CloudFormation stack tells.
    Raises UserError when the base lacks what a stage is built on.
    """
    cluster = str(_known(attributes, "aws_ecs_cluster.main", "name"))
    database = _needed(attributes, _DATABASE)
    _needed(attributes, "aws_subnet.public_0")
    zones = [
        str(_known(attributes, f"aws_subnet.public_{index}", "availability_zone"))
        for index in range(_count(attributes, "aws_subnet.public"))
    ]
    nat_gateways = _count(attributes, "aws_nat_gateway.nat")
    document: dict[str, Any] = {
        "phase": "adopt",
        "region": region,
        # The names of a stack are generated; new objects begin with the stage's own prefix.
        **({} if of_stack else {"prefix": cluster.removesuffix(CLUSTER_SUFFIX)}),
        "retain_data": True,
        **({"keep_as_found": list(kept)} if kept else {}),
        "default_tags": {},
        **_container_insights(attributes),
        "security": {"web_firewall": True, "backups": True},
        "network": {
            "vpc_cidr_block": _known(attributes, "aws_vpc.main", "cidr_block"),
            "zone_count": len(zones),
            "availability_zones": zones,
            "nat": "none" if nat_gateways == 0 else "per-az",
        },
        "database": {
            "engine_version": str(_known(attributes, _DATABASE, "engine_version")),
            "instance_class": _known(attributes, _DATABASE, "instance_class"),
            "allocated_storage_gib": _known(attributes, _DATABASE, "allocated_storage"),
            "multi_az": bool(database.get("multi_az")),
            **(
                {"enhanced_monitoring_seconds": database["monitoring_interval"]}
                if database.get("monitoring_interval")
                else {}
            ),
            "backup_retention_days": (
                _known(attributes, _DATABASE, "backup_retention_period")
                if database.get("backup_retention_period")
                else 0
            ),
            "name": _known(attributes, _DATABASE, "db_name"),
            "master_username": _known(attributes, _DATABASE, "username"),
        },
    }
    for name, value in (of_stack or {}).items():
        document[name] = {**document[name], **value} if name == "network" else value
    return (_OF_STACK if of_stack else _HEADER) + tomli_w.dumps(document)


def _container_insights(attributes: Found) -> Mapping[str, str]:
    """Return the setting where somebody has switched them on; no line is the platform's default."""
    settings = attributes["aws_ecs_cluster.main"].get("setting")
    blocks = settings if isinstance(settings, list | tuple) else ()
    # A state may hold anything; what is no block says nothing.
    found = {
        str(each.get("name")): str(each.get("value"))
        for each in blocks
        if isinstance(each, Mapping)
    }
    value = found.get("containerInsights", "disabled")
    return {} if value == "disabled" else {"container_insights": value}


def _needed(attributes: Found, address: str) -> Mapping[str, Any]:
    if address not in attributes:
        raise UserError(
            f"the legacy base has no {address.partition('.')[0]} to adopt as {address}: a stage needs one: "
            "name the folder of the base with --legacy; where that base is only half applied, write the "
            'stage file by hand, with phase = "adopt", default_tags = {} and the prefix of the base: the '
            "platform then adds what is missing"
        )
    return attributes[address]


def _known(attributes: Found, address: str, attribute: str) -> object:
    value = _needed(attributes, address).get(attribute)
    if not isinstance(value, str | int | float):
        raise UserError(
            f"nothing says what the {attribute} of {address} is: write the stage file by hand, or give the "
            "legacy state with --state"
        )
    return value


def _count(attributes: Found, prefix: str) -> int:
    names: Sequence[str] = [address for address in attributes if address.startswith(f"{prefix}_")]
    return len(names)
