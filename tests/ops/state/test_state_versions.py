"""What putting back a version of the state writes, and when it refuses."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from aws.client import boto3_clients
from common.errors import UserError
from ops.state.state_versions import StoredState

BUCKET, KEY = "states", "atomic-dev.tfstate"
LOCK = f"{KEY}.tflock"


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Iterator[StoredState]:
    """The object of a state, which is not there yet, in a bucket that keeps versions."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        clients = boto3_clients(region="us-east-1")
        clients("s3").create_bucket(Bucket=BUCKET)
        keep_versions(clients("s3"), "Enabled")
        yield StoredState(
            clients=clients,
            bucket=BUCKET,
            key=KEY,
            encrypt=True,
            kms_key_id=None,
            use_lockfile=True,
        )


def keep_versions(s3: Any, status: str) -> None:
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": status})


def write(state: StoredState, text: str, key: str = KEY) -> str:
    """Write the object and return its version."""
    written = state.clients("s3").put_object(Bucket=BUCKET, Key=key, Body=text)
    return str(written["VersionId"])


def text_of(serial: int, lineage: str = "ours") -> str:
    return json.dumps({"version": 4, "serial": serial, "lineage": lineage, "resources": []})


def stored(state: StoredState) -> dict[str, Any]:
    body = state.clients("s3").get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
    document: dict[str, Any] = json.loads(body)
    return document


def keys(state: StoredState) -> list[str]:
    listed = state.clients("s3").list_objects_v2(Bucket=BUCKET)
    return [each["Key"] for each in listed.get("Contents", [])]


def test_the_old_version_becomes_the_next_serial(state: StoredState) -> None:
    old = write(state, text_of(3))
    write(state, text_of(9))

    serial = state.restore(state.contents_of_version(old), state.present())

    assert serial == 10
    assert stored(state)["serial"] == 10
    assert keys(state) == [KEY]  # the lock is gone


def test_the_serial_is_above_the_last_readable_one_where_the_present_state_is_broken(
    state: StoredState,
) -> None:
    old = write(state, text_of(3))
    write(state, text_of(9))
    write(state, text_of(40, lineage="theirs"))
    broken = write(state, text_of(10)[:30])
    present = state.present()
    assert present is not None
    assert present.contents is None
    assert "no complete Terraform state" in present.why

    serial = state.restore(state.contents_of_version(old), present)

    assert serial == 10
    assert broken in [version.id for version in state.versions()]


def test_a_deleted_state_comes_back(state: StoredState) -> None:
    old = write(state, text_of(3))
    state.clients("s3").delete_object(Bucket=BUCKET, Key=KEY)

    state.restore(state.contents_of_version(old), state.present())

    assert stored(state)["serial"] == 4


def test_it_is_written_encrypted(state: StoredState) -> None:
    old = write(state, text_of(3))

    state.restore(state.contents_of_version(old), state.present())

    head = state.clients("s3").head_object(Bucket=BUCKET, Key=KEY)
    assert head["ServerSideEncryption"] == "AES256"


def refused(state: StoredState, old: str, *, match: str, between: str = "") -> None:
    """A restore that is refused and leaves the object as it was."""
    present = state.present()
    if between:
        write(state, between)
    before = stored(state)

    with pytest.raises(UserError, match=match):
        state.restore(state.contents_of_version(old), present)

    assert stored(state) == before


def test_a_version_of_another_history_is_refused(state: StoredState) -> None:
    old = write(state, text_of(3, lineage="theirs"))
    write(state, text_of(4))

    refused(state, old, match="another history")


def test_a_state_that_somebody_has_locked_is_refused(state: StoredState) -> None:
    old = write(state, text_of(3))
    write(state, "{}", key=LOCK)

    refused(state, old, match=f"locked by s3://{BUCKET}/{LOCK}")
    assert LOCK in keys(state)


def test_a_state_that_was_written_since_is_refused(state: StoredState) -> None:
    old = write(state, text_of(3))

    refused(state, old, match="in the meantime", between=text_of(5))
    assert keys(state) == [KEY]


def test_a_bucket_that_keeps_no_versions_is_refused(state: StoredState) -> None:
    old = write(state, text_of(3))
    keep_versions(state.clients("s3"), "Suspended")

    refused(state, old, match="keeps no versions")
