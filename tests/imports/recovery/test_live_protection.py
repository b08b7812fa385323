"""How the stage's key is found, which has no name."""

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from aws.client import Clients
from aws.resources import RESOURCES
from aws.resources.row import Live

WHAT_IT_IS_FOR = "All that dev stores"


def _key(clients: Clients, description: str = WHAT_IT_IS_FOR) -> str:
    tags = [{"TagKey": "Stage", "TagValue": "dev"}]
    created = clients("kms").create_key(Description=description, Tags=tags)
    return str(created["KeyMetadata"]["KeyId"])


def _found(clients: Clients) -> list[Live]:
    return RESOURCES["aws_kms_key"].listed(clients, WHAT_IT_IS_FOR)


def test_a_key_is_found_by_its_description_and_has_its_tags(clients: Clients) -> None:
    _key(clients, "another")
    ours = _key(clients)

    (found,) = _found(clients)

    assert (found.import_id, found.tags) == (ours, {"Stage": "dev"})


def test_a_key_that_waits_for_its_deletion_is_none(clients: Clients) -> None:
    clients("kms").schedule_key_deletion(KeyId=_key(clients))

    assert _found(clients) == []


@pytest.mark.parametrize("named", [True, False])
def test_a_key_is_in_use_when_an_alias_names_it(clients: Clients, named: bool) -> None:
    key = _key(clients)
    if named:
        clients("kms").create_alias(AliasName="alias/dev", TargetKeyId=key)

    (found,) = _found(clients)

    assert found.in_use is named


def test_a_key_is_told_by_the_alias_that_names_it(clients: Clients) -> None:
    clients("kms").create_alias(AliasName="alias/dev", TargetKeyId=_key(clients))

    (found,) = _found(clients)

    assert found.tied_to == {("aws_kms_alias", "alias/dev")}


def test_a_key_that_nobody_here_may_look_at_is_passed_over(clients: Clients) -> None:
    ours = _key(clients)

    class Closed:
        """Somebody else's key beside ours."""

        def __getattr__(self, name: str) -> Any:
            return getattr(clients("kms"), name)

        def can_paginate(self, _operation: str) -> bool:
            return False

        def list_keys(self) -> Mapping[str, Any]:
            return {"Keys": [{"KeyId": "theirs"}, {"KeyId": ours}]}

        def describe_key(self, **asked: str) -> Any:
            if asked["KeyId"] == "theirs":
                raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "DescribeKey")
            return clients("kms").describe_key(**asked)

    assert [each.import_id for each in _found(lambda _service: Closed())] == [ours]
