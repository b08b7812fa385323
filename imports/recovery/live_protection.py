"""How the stage's key and its web firewall are found."""

from collections.abc import Mapping
from typing import Final

from aws.client import Clients, ask, ask_unless
from imports.recovery.live import Finder, Live, arguments, at_most_one, one_list, rows

_NO_ACL: Final = "WAFNonexistentItemException"
# A key of somebody else may be closed to whoever looks: it is none of this stage's.
_CLOSED: Final = frozenset({"AccessDeniedException", "NotFoundException"})


def _keys(clients: Clients, description: str) -> list[Live]:
    """By their description, for a key has no name. One that waits for its deletion is none."""
    aliases: dict[str, set[tuple[str, str]]] = {}
    for row in rows(clients, "kms", "ListAliases", "Aliases"):
        aliases.setdefault(row.get("TargetKeyId", ""), set()).add(
            ("aws_kms_alias", row["AliasName"])
        )
    found = []
    for row in rows(clients, "kms", "ListKeys", "Keys"):
        answer = ask_unless(clients, "kms", "DescribeKey", _CLOSED, KeyId=row["KeyId"])
        key = answer["KeyMetadata"] if answer else {}
        if key.get("Description") != description or key["KeyState"] in {
            "PendingDeletion",
            "PendingReplicaDeletion",
        }:
            continue
        tags = rows(clients, "kms", "ListResourceTags", "Tags", KeyId=row["KeyId"])
        found.append(
            Live(
                key=(description,),
                import_id=key["KeyId"],
                attributes={"id": key["KeyId"], "key_id": key["KeyId"], "arn": key["Arn"]},
                tags={str(tag["TagKey"]): str(tag["TagValue"]) for tag in tags},
                in_use=key["KeyId"] in aliases,
                tied_to=frozenset(aliases.get(key["KeyId"], ())),
            )
        )
    return found


def _web_acls(clients: Clients, scope: str) -> list[Live]:
    return _in_scope(clients, scope, "ListWebACLs", "WebACLs")


def _ip_sets(clients: Clients, scope: str) -> list[Live]:
    return _in_scope(clients, scope, "ListIPSets", "IPSets")


def _in_scope(clients: Clients, scope: str, operation: str, key: str) -> list[Live]:
    # One page holds as many as AWS allows in a region.
    return [
        Live(
            key=(scope, row["Name"]),
            import_id=f"{row['Id']}/{row['Name']}/{scope}",
            attributes={"id": row["Id"], "arn": row["ARN"]},
        )
        for row in ask(clients, "wafv2", operation, Scope=scope, Limit=100)[key]
    ]


def _web_acl_associations(clients: Clients, resource: str) -> list[Live]:
    answer = ask_unless(
        clients, "wafv2", "GetWebACLForResource", frozenset({_NO_ACL}), ResourceArn=resource
    )
    acl = (answer or {}).get("WebACL")
    return [Live(key=(resource, acl["ARN"]), import_id=f"{acl['ARN']},{resource}")] if acl else []


PROTECTION_FINDERS: Final[Mapping[str, Finder]] = {
    "aws_kms_alias": Finder(
        key=arguments("name"), list=one_list("kms", "ListAliases", "Aliases", "AliasName")
    ),
    "aws_kms_key": Finder(key=arguments("description"), list=_keys),
    "aws_wafv2_ip_set": Finder(key=arguments("scope", "name"), list=_ip_sets),
    "aws_wafv2_web_acl": Finder(key=arguments("scope", "name"), list=_web_acls),
    "aws_wafv2_web_acl_association": Finder(
        key=arguments("resource_arn", "web_acl_arn"), list=_web_acl_associations
    ),
    "aws_wafv2_web_acl_logging_configuration": Finder(
        key=arguments("resource_arn"),
        list=at_most_one("wafv2", "GetLoggingConfiguration", "ResourceArn", _NO_ACL),
    ),
}
