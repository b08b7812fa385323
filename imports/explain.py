"""What an adopted stage keeps as it was found because AWS changes it in no object, and what a change takes.

Pure: the record and the stage without it in, one line for each kind of difference out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from common.errors import shorten
from imports.record import AdoptionRecord
from terraform.stack import Stack

_NEW_SERVICE: Final = (
    "a new service beside the old one, which ends when the new tasks are steady; the one that may not run "
    "twice is away meanwhile"
)
_NEW_DATABASE: Final = (
    "a new database with a dump of this one, and the services moved; nothing may write meanwhile"
)
_ENCRYPTED_COPY: Final = (
    "the services stopped, a snapshot, a copy of it with a key, and a database restored from the copy under "
    "this identifier; the database is away meanwhile"
)
_NEW_FILES: Final = (
    "a new file system, the files copied there, and python-agent moved; it is away meanwhile"
)
_NEW_NETWORK: Final = (
    "a new network with all that is in it, the database restored there from a snapshot; everything is away "
    "meanwhile"
)
_NEW_TARGETS: Final = (
    "a new target group, to which the rule and the service then move; nothing is away"
)
_NEW_GROUP: Final = (
    "a new security group, in which all that is in the old one is put first; nothing is away"
)
_NEW_BALANCER: Final = (
    "a new load balancer, to which the domain's record is changed; its own DNS name is another"
)
_ONLY_A_NAME: Final = (
    "a new one, with what this one holds copied there; it is a name alone, so leave it"
)

_TAKES: Final[Mapping[str, str]] = {
    "aws_cloudwatch_log_group.name": "a new one: old lines stay in the old one until they expire",
    "aws_db_instance.db_name": _NEW_DATABASE,
    "aws_db_instance.engine": _NEW_DATABASE,
    "aws_db_instance.kms_key_id": _ENCRYPTED_COPY,
    "aws_db_instance.storage_encrypted": _ENCRYPTED_COPY,
    "aws_db_instance.username": _NEW_DATABASE,
    "aws_db_subnet_group.name": (
        "a database restored from a snapshot into a new group: RDS moves none within one network"
    ),
    "aws_ecr_repository.name": _ONLY_A_NAME,
    "aws_ecs_cluster.name": _NEW_SERVICE.replace("a new service", "a new cluster and services"),
    "aws_ecs_service.capacity_provider_strategy": _NEW_SERVICE,
    "aws_ecs_service.launch_type": _NEW_SERVICE,
    "aws_ecs_service.name": _NEW_SERVICE,
    "aws_efs_access_point.posix_user": "a new access point; the files stay, and keep their users",
    "aws_efs_access_point.root_directory": "a new access point; the files have to be moved to its folder",
    "aws_efs_file_system.creation_token": _ONLY_A_NAME,
    "aws_efs_file_system.encrypted": _NEW_FILES,
    "aws_efs_file_system.kms_key_id": _NEW_FILES,
    "aws_efs_file_system.performance_mode": _NEW_FILES,
    "aws_lb.internal": _NEW_BALANCER,
    "aws_lb.name": _NEW_BALANCER,
    "aws_lb_target_group.name": _NEW_TARGETS,
    "aws_lb_target_group.port": _NEW_TARGETS,
    "aws_lb_target_group.protocol": _NEW_TARGETS,
    "aws_s3_bucket.bucket": _ONLY_A_NAME,
    "aws_secretsmanager_secret.name": _ONLY_A_NAME,
    "aws_security_group.description": _NEW_GROUP,
    "aws_security_group.name": _NEW_GROUP,
    "aws_sns_topic.name": "a new one, which each subscriber confirms again",
    "aws_subnet.availability_zone": _NEW_NETWORK,
    "aws_subnet.cidr_block": _NEW_NETWORK,
    "aws_vpc.cidr_block": _NEW_NETWORK,
}


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What stays as it was found in all objects of a type, and what it takes to have the platform's.

    `found` and `platform` are of the first of `addresses`.
    """

    attribute: str
    addresses: tuple[str, ...]
    found: str
    platform: str
    takes: str


def kept_as_found(record: AdoptionRecord, stage: Stack) -> list[Kept]:
    """Return what the record's objects have that the stage would make otherwise, by type and attribute.

    `stage` is the stage's as if nothing had been adopted.
    """
    kept: dict[str, list[tuple[str, Any, Any]]] = {}
    for item in sorted(record.adopted, key=lambda item: item.address):
        resource = stage.resources.get(item.address)
        for place in _TAKES:
            type_, _, attribute = place.partition(".")
            if resource is None or type_ != item.type:
                continue
            found, ours = item.observed.get(attribute), resource.attributes.get(attribute)
            # What only an apply tells is compared with nothing.
            if "${" not in str(ours) and (found or None) != (ours or None):
                kept.setdefault(place, []).append((item.address, found, ours))
    return [
        Kept(
            attribute=place,
            addresses=tuple(address for address, _, _ in found),
            found=_told(found[0][1]),
            platform=_told(found[0][2]),
            takes=_TAKES[place],
        )
        for place, found in sorted(kept.items())
    ]


def _told(value: Any) -> str:
    return "nothing" if value in (None, "", []) else shorten(value)
