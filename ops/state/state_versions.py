"""The versions of a state in its bucket, and how one of them is put back.

The object is read and written without Terraform, which refuses everything, even `init`, on a state that it
cannot read. A state holds secrets: what is read here stays in memory, and is shown as counts and ids alone.
"""

import getpass
import json
import socket
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aws.client import Clients, ask, ask_all, ask_unless
from common.errors import UserError
from terraform.state import Document, dump_document, parse_document
from terraform.state_surgery import managed_addresses

_NO_OBJECT = frozenset({"NoSuchKey", "404"})
_NOT_AS_IT_WAS = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})
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


@dataclass(frozen=True, kw_only=True)
class Present:
    """The state as it is; `contents` is None when it cannot be read, and `why` then says so."""

    etag: str
    contents: Contents | None
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class StoredState:
    """The object of a stage's state."""

    clients: Clients
    bucket: str
    key: str
    encrypt: bool
    kms_key_id: str | None
    use_lockfile: bool

    def versions(self) -> list[Version]:
        """Return the versions of the object, the newest first. Raises UserError when AWS refuses."""
        rows = [
            Version(
                id=each["VersionId"],
                written_at=each["LastModified"],
                size_bytes=each.get("Size", 0),
                is_current=bool(each["IsLatest"]),
                is_deletion=kind == "DeleteMarkers",
            )
            for kind in ("Versions", "DeleteMarkers")
            for each in ask_all(
                self.clients,
                "s3",
                "ListObjectVersions",
                kind,
                Bucket=self.bucket,
                Prefix=self.key,
            )
            if each["Key"] == self.key
        ]
        return sorted(rows, key=lambda row: (row.is_current, row.written_at), reverse=True)

    def contents_of_version(self, version: str) -> Contents:
        """Return what one version holds.

        Raises UserError when there is no such version and when it is no state.
        """
        found = self._get(_NO_VERSION, VersionId=version)
        if found is None:
            raise UserError(
                f"--version {version}: allowed: a version of s3://{self.bucket}/{self.key}; remedy: "
                "`python -m ops state backups` lists them"
            )
        return contents(_text(found), source=f"version {version}")

    def present(self) -> Present | None:
        """Return the state as it is now, readable or not; None when there is none."""
        found = self._get(_NO_OBJECT)
        if found is None:
            return None
        try:
            return Present(
                etag=found["ETag"], contents=contents(_text(found), source="the present state")
            )
        except UserError as error:
            return Present(etag=found["ETag"], contents=None, why=str(error))

    def restore(self, old: Contents, present: Present | None) -> int:
        """Write the old state as the newest version, under Terraform's lock; the present one stays a version.

        Returns its serial: the next one, so that no saved plan of a state it replaces can be applied any
        more. Raises UserError, and has then written nothing, when the two are not of one history, when the
        bucket keeps no versions, and when somebody else has the lock or has written since `present` was read.
        """
        before = present.contents if present else None
        if before and before.lineage != old.lineage:
            raise UserError(
                f"the version is of another history (lineage {old.lineage}) than the state (lineage "
                f"{before.lineage}): allowed: versions of the same stack; remedy: choose another version"
            )
        if (
            ask(self.clients, "s3", "GetBucketVersioning", Bucket=self.bucket).get("Status")
            != "Enabled"
        ):
            raise UserError(
                f"bucket {self.bucket} keeps no versions, so the present state would be gone: allowed: a "
                "bucket that keeps them; remedy: `python -m ops state bootstrap`"
            )
        serial = (before.serial if before else self._last_serial(old)) + 1
        document: dict[str, Any] = {**old.document, "serial": serial}
        with self._locked():
            written = self._put(
                self.key,
                dump_document(document),
                **({"IfMatch": present.etag} if present else {"IfNoneMatch": "*"}),
            )
        if not written:
            raise UserError(
                f"s3://{self.bucket}/{self.key} was written by somebody else in the meantime: allowed: the "
                "state that was shown; remedy: run the same command again and look at what it shows"
            )
        return serial

    def _last_serial(self, old: Contents) -> int:
        """Return the highest known serial of the state's history, for when the present one tells none."""
        for version in self.versions():
            if version.is_deletion:
                continue
            try:
                found = self.contents_of_version(version.id)
            except UserError:
                continue
            if found.lineage == old.lineage:
                return max(found.serial, old.serial)
        return old.serial

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock object as Terraform's S3 backend does (its `use_lockfile`)."""
        if not self.use_lockfile:
            yield
            return
        key = f"{self.key}.tflock"
        lock = {
            "ID": str(uuid.uuid4()),
            "Operation": "ops state restore",
            "Info": "",
            "Who": f"{getpass.getuser()}@{socket.gethostname()}",
            "Version": "",
            "Created": datetime.now(UTC).isoformat(),
            "Path": f"{self.bucket}/{self.key}",
        }
        if not self._put(key, json.dumps(lock), IfNoneMatch="*"):
            raise UserError(
                f"the state is locked by s3://{self.bucket}/{key}: allowed: when nobody works on the stage; "
                f"remedy: wait for them, or after a deploy that died `aws s3 rm s3://{self.bucket}/{key}`"
            )
        try:
            yield
        finally:
            ask(self.clients, "s3", "DeleteObject", Bucket=self.bucket, Key=key)

    def _get(self, missing: frozenset[str], **arguments: str) -> Mapping[str, Any] | None:
        return ask_unless(
            self.clients, "s3", "GetObject", missing, Bucket=self.bucket, Key=self.key, **arguments
        )

    def _put(self, key: str, text: str, **condition: str) -> bool:
        """Write an object as Terraform's backend does; False when the condition does not hold."""
        cipher: dict[str, str] = {}
        if self.kms_key_id:
            cipher = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.kms_key_id}
        elif self.encrypt:
            cipher = {"ServerSideEncryption": "AES256"}
        written = ask_unless(
            self.clients,
            "s3",
            "PutObject",
            _NOT_AS_IT_WAS,
            Bucket=self.bucket,
            Key=key,
            Body=text.encode(),
            ContentType="application/json",
            **cipher,
            **condition,
        )
        return written is not None


def contents(text: str, *, source: str) -> Contents:
    """Return what a state holds. Raises UserError, naming `source`, when it cannot be read."""
    document = parse_document(text, source=source)
    types = Counter(
        str(resource["type"])
        for resource in document.get("resources") or []
        if resource.get("mode") == "managed"
    )
    return Contents(
        serial=document["serial"],
        lineage=document["lineage"],
        resources=len(managed_addresses(document)),
        types=dict(sorted(types.items())),
        document=document,
    )


def _text(found: Mapping[str, Any]) -> str:
    return str(found["Body"].read().decode("utf-8", "replace"))
