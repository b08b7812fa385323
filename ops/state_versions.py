"""The versions of a state in its bucket, and how one of them is put back.

A state holds secrets: what is read here stays in memory, and is shown as counts and ids alone.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from imports.live_aws import Clients, ask_all, ask_unless
from imports.retire import PulledState, pull, push
from imports.state_surgery import Document, managed_addresses, parse_document
from imports.terraform import Terraform
from ops.errors import OpsError

_NO_VERSION = frozenset({"NoSuchVersion", "NoSuchKey", "InvalidArgument", "404", "400"})


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version of the state's object; `size_bytes` is 0 for the mark of a deletion."""

    id: str
    written_at: datetime
    size_bytes: int
    is_current: bool
    is_deletion: bool


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What a state holds, told without its values."""

    serial: int
    lineage: str
    resources: int
    types: Mapping[str, int]
    document: Document = field(repr=False)


def versions(clients: Clients, *, bucket: str, key: str) -> list[Version]:
    """The versions of the object, the newest first. Raises AdoptionError when AWS refuses to list them."""
    found = ask_all(
        clients,
        "s3",
        "ListObjectVersions",
        ("Versions", "DeleteMarkers"),
        Bucket=bucket,
        Prefix=key,
    )
    rows = [
        Version(
            id=each["VersionId"],
            written_at=each["LastModified"],
            size_bytes=each.get("Size", 0),
            is_current=bool(each["IsLatest"]),
            is_deletion=kind == "DeleteMarkers",
        )
        for kind, listed in found.items()
        for each in listed
        if each["Key"] == key
    ]
    return sorted(rows, key=lambda row: (row.is_current, row.written_at), reverse=True)


def contents_of_version(clients: Clients, *, bucket: str, key: str, version: str) -> Contents:
    """What one version holds.

    Raises OpsError when there is no such version, AdoptionError when it is no state.
    """
    found = ask_unless(
        clients, "s3", "GetObject", _NO_VERSION, Bucket=bucket, Key=key, VersionId=version
    )
    if found is None:
        raise OpsError(
            f"--version {version}: allowed: a version of s3://{bucket}/{key}; remedy: `python -m ops state "
            "backups` lists them"
        )
    text = found["Body"].read().decode("utf-8", "replace")
    return contents(parse_document(text, source=f"version {version}"))


def contents(document: Document) -> Contents:
    """What a state's document holds."""
    types = Counter(
        str(resource["type"])
        for resource in document.get("resources") or []
        if resource["mode"] == "managed"
    )
    return Contents(
        serial=document["serial"],
        lineage=document["lineage"],
        resources=len(managed_addresses(document)),
        types=dict(sorted(types.items())),
        document=document,
    )


def current_contents(terraform: Terraform) -> Contents | None:
    """What the present state holds; None when there is none. Raises AdoptionError when it is unreadable."""
    state = pull(terraform)
    return contents(state.document) if state else None


def restore(terraform: Terraform, *, old: Contents, current: Contents | None) -> PulledState:
    """Write the old state as the newest version, under Terraform's lock; the present one stays a version.

    Its serial becomes the next one, so that no saved plan of the state it replaces can be applied any more.
    Raises OpsError when the two are not of one history.
    """
    if current and current.lineage != old.lineage:
        raise OpsError(
            f"the version is of another history (lineage {old.lineage}) than the state (lineage "
            f"{current.lineage}): allowed: versions of the same stack; remedy: choose another version"
        )
    serial = max(old.serial, current.serial if current else 0) + 1
    document: dict[str, Any] = {**old.document, "serial": serial}
    return push(terraform, document, None)
