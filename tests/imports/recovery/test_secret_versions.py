"""The first version of a secret is found by its label, and never by its value."""

from typing import Any

from imports.recovery.secret_versions import SecretVersion, first_versions, version_read
from terraform.stack import Resource

ARN = "arn:aws:secretsmanager:us-east-1:1:secret:dev-key-AbCdEf"


class _Secrets:
    """Secrets Manager with the versions of one secret."""

    def __init__(self, versions: dict[str, list[str]]) -> None:
        self._versions = versions

    def can_paginate(self, _operation: str) -> bool:
        return False

    def list_secret_version_ids(self, **_arguments: Any) -> dict[str, Any]:
        return {
            "Versions": [
                {"VersionId": id_, "VersionStages": stages}
                for id_, stages in self._versions.items()
            ]
        }


def _look(versions: dict[str, list[str]], *, address: str, **how: Any) -> Any:
    return first_versions(
        lambda _service: _Secrets(versions), {address: ARN}, **{"database_exists": False, **how}
    )


KEY = "aws_secretsmanager_secret_version.key"
MASTER = "aws_secretsmanager_secret_version.rds_master_credentials"


def test_the_labelled_version_is_the_first_whoever_wrote_since() -> None:
    found = _look({"v1": ["ATOMIC_FIRST", "AWSPREVIOUS"], "v2": ["AWSCURRENT"]}, address=KEY)

    assert found.found[KEY].version_id == "v1"
    assert found.errors == ()


def test_a_value_without_the_label_asks_for_a_person() -> None:
    found = _look({"v2": ["AWSCURRENT"]}, address=KEY)

    assert found.found == {}
    assert "--move-to-version-id v2" in found.errors[0]


def test_the_value_of_an_adopted_secret_needs_no_label() -> None:
    found = _look({"v2": ["AWSCURRENT"]}, address=KEY, adopted=frozenset({ARN}))

    assert (found.found, found.errors) == ({}, ())


def test_an_empty_secret_gets_its_first_value_from_the_deploy() -> None:
    found = _look({}, address=KEY, database_exists=True)

    assert (found.found, found.errors) == ({}, ())


def test_an_empty_master_secret_beside_a_database_asks_for_a_person() -> None:
    found = _look({}, address=MASTER, database_exists=True)

    assert "another password than the database has" in found.errors[0]


def test_an_empty_master_secret_without_a_database_is_no_error() -> None:
    assert _look({}, address=MASTER).errors == ()


def test_a_secret_version_has_its_label_and_no_value() -> None:
    version = SecretVersion(secret_arn="arn:s", version_id="v1", stages=("ATOMIC_FIRST",))
    planned = Resource(
        type="aws_secretsmanager_secret_version",
        name="key",
        attributes={"secret_string_wo_version": 1},
    )

    attributes = version_read(version, planned, provider="provider").attributes

    assert attributes["id"] == "arn:s|v1"
    assert attributes["secret_string_wo_version"] == 1
    assert attributes["has_secret_string_wo"] is True
    assert (attributes["secret_string"], attributes["secret_string_wo"]) == ("", None)
