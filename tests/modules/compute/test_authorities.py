"""The certificate authorities of RDS, and how they reach a container."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from modules.compute.authorities import FILE, authorities, tls_parameters, with_authorities
from modules.settings.services import SERVICES
from tests.conftest import Synthesize

USERS = [row.name for row in SERVICES if row.uses_database]
LOG = {"logDriver": "awslogs", "options": {"awslogs-group": "g", "awslogs-stream-prefix": "x"}}


def certificates(pem: str) -> list[str]:
    end = "-----END CERTIFICATE-----\n"
    return [f"{part}{end}" for part in pem.split(end) if part.strip()]


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "ap-southeast-2"])
def test_a_regions_authorities_are_its_own_and_have_not_expired(region: str) -> None:
    found = certificates(authorities(region) or "")

    assert len(found) == 3
    for each in found:
        read = subprocess.run(
            ["openssl", "x509", "-noout", "-subject", "-issuer", "-checkend", "864000000"],
            input=each,
            capture_output=True,
            text=True,
            check=False,
        )
        subject, issuer, valid = read.stdout.splitlines()
        assert f"Amazon RDS {region} Root CA" in subject
        assert issuer.removeprefix("issuer") == subject.removeprefix("subject")
        assert valid == "Certificate will not expire"


def test_a_region_without_a_bundle_is_encrypted_and_not_verified() -> None:
    assert authorities("nowhere-1") is None
    assert tls_parameters("nowhere-1") == "sslmode=require"


def written(containers: dict[str, Any], folder: Path) -> bytes:
    """What the writing container writes, run by a shell here."""
    writer = containers["database-authorities"]
    (command,) = writer["command"]
    (variable,) = writer["environment"]
    target = folder / "rds.pem"
    subprocess.run(
        [*writer["entryPoint"], command.replace(FILE, str(target))],
        env={variable["name"]: variable["value"]},
        check=True,
    )
    assert target.stat().st_mode & 0o777 == 0o644
    return target.read_bytes()


@pytest.mark.parametrize("service", USERS)
def test_a_service_that_uses_the_database_starts_after_its_authorities_are_there(
    stack: Synthesize, service: str, tmp_path: Path
) -> None:
    containers = stack("dev").containers(service)
    (volume,) = stack("dev").resource("aws_ecs_task_definition", service)["volume"]

    first = containers[service]
    assert first["dependsOn"] == [{"containerName": "database-authorities", "condition": "SUCCESS"}]
    assert first["mountPoints"] == [
        {
            "sourceVolume": volume["name"],
            "containerPath": FILE.rpartition("/")[0],
            "readOnly": True,
        }
    ]
    assert containers["database-authorities"]["essential"] is False
    assert written(containers, tmp_path) == (authorities("us-east-1") or "").encode()


def test_what_a_container_mounts_and_waits_for_already_stays() -> None:
    mount = {"sourceVolume": "other", "containerPath": "/other", "readOnly": False}
    given = {
        "name": "a",
        "logConfiguration": LOG,
        "mountPoints": [mount],
        "dependsOn": [{"x": "y"}],
    }

    first, second, writer = with_authorities(
        [given, {"name": "beside"}], pem="PEM", image="busybox:1"
    )

    assert first["mountPoints"][0] == mount
    assert first["dependsOn"][0] == {"x": "y"}
    assert second == {"name": "beside"}
    assert writer["image"] == "busybox:1"


@pytest.mark.parametrize(
    "service", [row.name for row in SERVICES if not row.uses_database and row.port]
)
def test_another_service_gets_none(stack: Synthesize, service: str) -> None:
    assert "database-authorities" not in stack("dev").containers(service)
