"""Keys: a key has no name, so it is told by its description and by the aliases that name it."""

from collections.abc import Sequence
from typing import Final

from aws.client import Clients, ask_all, ask_unless
from aws.resources.call import Call, Row
from aws.resources.removal import Removal
from aws.resources.row import ResourceType

# A key of somebody else may be closed to whoever looks: it is none of this stage's.
_CLOSED: Final = frozenset({"AccessDeniedException", "NotFoundException"})
_OF_AWS: Final = "alias/aws/"


def _described(clients: Clients, rows: Sequence[Row], sought: str | None) -> Sequence[Row]:
    aliases: dict[str, list[str]] = {}
    for row in _ALIASES.rows(clients, None):
        aliases.setdefault(row.get("TargetKeyId", ""), []).append(row["AliasName"])
    found = []
    for row in rows:
        answer = ask_unless(clients, "kms", "DescribeKey", _CLOSED, KeyId=row["KeyId"])
        key = answer["KeyMetadata"] if answer else {}
        if not key or sought not in {None, key.get("Description")}:
            continue
        tags = [] if sought is None else _tags(clients, row["KeyId"])
        found.append({**key, "Tags": tags, "Aliases": aliases.get(row["KeyId"], [])})
    return found


def _tags(clients: Clients, key: str) -> list[Row]:
    found: list[Row] = ask_all(clients, "kms", "ListResourceTags", "Tags", KeyId=key)
    return found


_ALIASES: Final = Call("kms", "ListAliases", "Aliases")

KMS: Final = (
    ResourceType(
        type="aws_kms_key",
        arn="arn:aws:kms:us-east-1:111122223333:key/name",
        key=("description",),
        attributes={"id": "KeyId", "key_id": "KeyId", "arn": "Arn", "description": "Description"},
        can_be_double=True,
        listing=Call("kms", "ListKeys", "Keys"),
        details=_described,
        is_somebodys=lambda row: not any(each.startswith(_OF_AWS) for each in row["Aliases"]),
        status="KeyState",
        ended=frozenset({"pendingdeletion", "pendingreplicadeletion"}),
        tags="Tags",
        in_use="Aliases",
        tied_to=("aws_kms_alias", "Aliases"),
        holds_data=True,
        removal=Removal(
            "kms",
            "ScheduleKeyDeletion",
            {"KeyId": "{0}"},
            by_hand="what it has encrypted is lost with it",
        ),
        kept_in_state={
            "bypass_policy_lockout_safety_check": False,
            "deletion_window_in_days": None,
        },
    ),
    ResourceType(
        type="aws_kms_alias",
        free=True,
        key=("name",),
        refuses_double=True,
        attributes={"id": "AliasName", "arn": "AliasArn", "name": "AliasName"},
        import_id="{name}",
        listing=_ALIASES,
        is_somebodys=lambda row: not row["AliasName"].startswith(_OF_AWS),
    ),
)
