"""Finds the first version of each secret by its label. No value is read.

Terraform must neither read an existing value into a state nor write a first value over it. So the version is
found by its label, and a secret that holds a value without that label is a case for a person.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass

from aws.client import Clients
from aws.resources.secretsmanager import VERSIONS
from modules.base.naming import resource_name
from modules.settings.secret_labels import FIRST
from modules.settings.secrets import MASTER_CREDENTIALS
from terraform.import_plan import ReadObject
from terraform.stack import Resource


@dataclass(frozen=True, kw_only=True)
class SecretVersion:
    """The first version of a secret, without its value."""

    secret_arn: str
    version_id: str
    stages: tuple[str, ...]


def version_read(version: SecretVersion, planned: Resource, *, provider: str) -> ReadObject:
    """Return a secret's version as the state holds a write-only one: without a value."""
    return ReadObject(
        provider=provider,
        schema_version=0,
        attributes={
            "arn": version.secret_arn,
            "has_secret_string_wo": True,
            "id": f"{version.secret_arn}|{version.version_id}",
            "secret_binary": "",
            "secret_id": version.secret_arn,
            "secret_string": "",
            "secret_string_wo": None,
            "secret_string_wo_version": planned.attributes["secret_string_wo_version"],
            "version_id": version.version_id,
            "version_stages": sorted(version.stages),
        },
    )


@dataclass(frozen=True, kw_only=True)
class FirstVersions:
    """The first versions by address, and what is wrong with others."""

    found: Mapping[str, SecretVersion]
    errors: tuple[str, ...]


def first_versions(
    clients: Clients,
    secrets: Mapping[str, str],
    *,
    database_exists: bool,
    adopted: Set[str] = frozenset(),
) -> FirstVersions:
    """Look for the first version of each secret (address of the version -> the secret's ARN).

    The value of an adopted secret, one of these ARNs, needs no label: what a deploy writes there is that same
    value, unless it is the legacy base's placeholder.
    """
    found: dict[str, SecretVersion] = {}
    errors: list[str] = []
    for address, arn in sorted(secrets.items()):
        versions = {
            str(row["VersionId"]): tuple(str(stage) for stage in row.get("VersionStages", ()))
            for row in VERSIONS.rows(clients, arn)
        }
        labelled = [id_ for id_, stages in versions.items() if FIRST in stages]
        if labelled:
            found[address] = SecretVersion(
                secret_arn=arn, version_id=labelled[0], stages=versions[labelled[0]]
            )
        elif versions and arn not in adopted:
            errors.append(_unlabelled(address, arn, versions))
        elif (
            not versions
            and database_exists
            and address.rpartition(".")[2] == resource_name(MASTER_CREDENTIALS)
        ):
            errors.append(
                f"{address}: the secret is empty and the database exists, so a deploy would draw another "
                f"password than the database has: put its credentials into {arn} with the label {FIRST}"
            )
    return FirstVersions(found=found, errors=tuple(errors))


def _unlabelled(address: str, arn: str, versions: Mapping[str, tuple[str, ...]]) -> str:
    current = next((id_ for id_, stages in versions.items() if "AWSCURRENT" in stages), "VERSION")
    return (
        f"{address}: the secret has a value without the label {FIRST}, which a deploy would write over; if it"
        f" is this stage's, run `aws secretsmanager update-secret-version-stage --secret-id {arn} "
        f"--version-stage {FIRST} --move-to-version-id {current}`"
    )
