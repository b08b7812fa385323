"""What a retirement could lose, told in figures and versions: read before and after, and compared.

No value of a secret is kept: of one its version, and which of a database's keys are in it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from aws.client import Clients, ask, ask_all, ask_unless
from common.errors import UserError
from common.files import replace_file
from common.progress import Progress
from common.text_files import read_json
from imports.stack_retirement.plan import RowPlan

Kind = Literal["bucket", "registry", "secret", "place", "default group", "database"]
Data = Mapping[str, Mapping[str, Any]]
"""By kind, what is told of each object by its name; None for one that is gone."""

PLACE: Final = ("engine", "host", "port", "dbname", "dbInstanceIdentifier")
"""What CloudFormation writes into a database's secret, and takes out again with the row that attaches it."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What is no longer as it was. `is_loss`: nothing but the deletion of a row explains it."""

    text: str
    is_loss: bool


def read_data(clients: Clients, rows: Sequence[RowPlan], *, progress: Progress) -> Data:
    """Return what the objects of these rows hold. Raises UserError when AWS refuses a call."""
    data: dict[str, dict[str, Any]] = {}
    for row in rows:
        kinds = _READ.get(row.type)
        if kinds is None or row.outcome != "kept" or not row.physical_id:
            continue
        kind, read = kinds
        progress(f"looking at {row.physical_id}")
        data.setdefault(kind, {})[row.physical_id] = read(clients, row.physical_id)
    return data


def compare(before: Data, after: Data) -> list[Change]:
    """Return what has changed for the worse."""
    found = []
    for kind, objects in before.items():
        for name, was in objects.items():
            now = after.get(kind, {}).get(name)
            if was != now and was is not None:
                found += _change(kind, name, was, now)
    return found


def write_data(path: Path, data: Data) -> None:
    """Write what was found, for a run that goes on after this one."""
    replace_file(path, json.dumps(data, indent=2, sort_keys=True) + "\n", mode=0o600)


def saved_data(path: Path) -> Data | None:
    """Return what an earlier run found; None without one. Raises UserError for what cannot be read."""
    if not path.exists():
        return None
    found = read_json(path, wanted="what the stack's objects held", remedy="bring the file back")
    if not isinstance(found, dict):
        raise UserError(f"{path}: not what the stack's objects held: bring the file back")
    return found


def told(data: Data) -> list[str]:
    """Return what was found, a line each, for a person."""
    return [
        _TOLD[kind].format(name=name, value=", ".join(value) if isinstance(value, list) else value)
        for kind, objects in data.items()
        for name, value in objects.items()
    ]


_TOLD: Final = {
    "bucket": "bucket {name}: {value} objects",
    "registry": "registry {name}: {value} images",
    "secret": "secret {name}: version {value}",
    "place": "secret {name}: keys of its database: {value}",
    "default group": "default security group of {name}: {value} rules",
    "database": "database {name}: {value}",
}


def _change(kind: str, name: str, was: Any, now: Any) -> list[Change]:
    if now is None:
        return [Change(text=f"{kind} {name} is gone", is_loss=True)]
    if kind in ("bucket", "registry"):
        held = {"bucket": "objects", "registry": "images"}[kind]
        text = f"{kind} {name} held {was} {held}, and holds {now} now"
        return [Change(text=text, is_loss=now == 0)] if now < was else []
    if kind == "place":
        lost = ", ".join(key for key in was if key not in now)
        text = f"the secret {name} has lost {lost}, where its database is"
        return [Change(text=text, is_loss=True)] if lost else []
    if kind == "default group":
        text = f"the default security group of {name} had {was} rules, and has {now} now"
        return [Change(text=text, is_loss=True)] if now > was else []
    return [Change(text=f"{kind} {name} was {was}, and is {now} now", is_loss=kind == "database")]


def _objects(clients: Clients, bucket: str) -> int | None:
    count = 0
    more: dict[str, str] = {}
    while True:
        page = ask_unless(
            clients, "s3", "ListObjectsV2", frozenset({"NoSuchBucket"}), Bucket=bucket, **more
        )
        if page is None:
            return None
        count += int(page.get("KeyCount", 0))
        if not page.get("IsTruncated"):
            return count
        more = {"ContinuationToken": page["NextContinuationToken"]}


def _images(clients: Clients, registry: str) -> int | None:
    known = ask_unless(
        clients,
        "ecr",
        "DescribeRepositories",
        frozenset({"RepositoryNotFoundException"}),
        repositoryNames=[registry],
    )
    if known is None:
        return None
    return len(ask_all(clients, "ecr", "ListImages", "imageIds", repositoryName=registry))


_NO_SECRET: Final = frozenset({"ResourceNotFoundException", "InvalidRequestException"})


def _version(clients: Clients, secret: str) -> str | None:
    found = ask_unless(clients, "secretsmanager", "DescribeSecret", _NO_SECRET, SecretId=secret)
    if found is None or found.get("DeletedDate"):
        return None
    versions: Mapping[str, list[str]] = found.get("VersionIdsToStages") or {}
    current = [name for name, stages in versions.items() if "AWSCURRENT" in stages]
    return current[0] if current else "none"


def _place(clients: Clients, secret: str) -> list[str] | None:
    found = ask_unless(clients, "secretsmanager", "GetSecretValue", _NO_SECRET, SecretId=secret)
    if found is None:
        return None
    try:
        value = json.loads(found.get("SecretString", ""))
    except ValueError:
        return []
    return [key for key in PLACE if key in value] if isinstance(value, dict) else []


def _rules(clients: Clients, vpc: str) -> int | None:
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    groups = ask(clients, "ec2", "DescribeSecurityGroups", Filters=filters)["SecurityGroups"]
    if not groups:
        return None
    return sum(len(each["IpPermissions"]) + len(each["IpPermissionsEgress"]) for each in groups)


def _database(clients: Clients, name: str) -> str | None:
    found = ask_unless(
        clients,
        "rds",
        "DescribeDBInstances",
        frozenset({"DBInstanceNotFound", "DBInstanceNotFoundFault"}),
        DBInstanceIdentifier=name,
    )
    return str(found["DBInstances"][0]["DbiResourceId"]) if found else None


_READ: Final = {
    "AWS::S3::Bucket": ("bucket", _objects),
    "AWS::ECR::Repository": ("registry", _images),
    "AWS::SecretsManager::Secret": ("secret", _version),
    "AWS::SecretsManager::SecretTargetAttachment": ("place", _place),
    "AWS::EC2::VPC": ("default group", _rules),
    "AWS::RDS::DBInstance": ("database", _database),
}
