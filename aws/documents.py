"""Documents that a create by Terraform overwrites: how AWS is asked for one, and how two are compared.

The create of such a type is a put. One row a type. Pure: what AWS answers and what a plan says become the
same plain form; what AWS sets by itself counts as nothing.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from botocore import xform_name

Attributes = Mapping[str, Any]
Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Question:
    """One call: `arguments` are made of the planned attributes, `absent` are error codes for none."""

    service: str
    operation: str
    arguments: Callable[[Attributes], Mapping[str, Any]]
    absent: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class DocumentType:
    """A type of resource whose create replaces a document.

    `parents` are the attributes that name where it belongs: not known before apply where that is new. `held`
    makes the document of AWS's answers, or None where nobody has put one there; `planned` makes it of the
    planned attributes, or None where it is not known before apply.
    """

    parents: tuple[str, ...]
    questions: tuple[Question, ...]
    held: Callable[..., Document | None]
    planned: Callable[[Attributes], Document | None]


def _of_bucket(
    operation: str,
    *absent: str,
    held: Callable[[Mapping[str, Any]], Document | None],
    planned: Callable[[Attributes], Document | None],
) -> DocumentType:
    question = Question(
        service="s3",
        operation=operation,
        arguments=lambda after: {"Bucket": after["bucket"]},
        absent=frozenset({"NoSuchBucket", *absent}),
    )
    return DocumentType(parents=("bucket",), questions=(question,), held=held, planned=planned)


# Terraform writes these blocks in the singular.
_SINGULAR: Final = {
    "transitions": "transition",
    "noncurrent_version_transitions": "noncurrent_version_transition",
    "filters": "filter",
    "conditions": "condition",
    "tags": "tag",
}


def _plain(value: Any) -> Any:
    """A value by Terraform's names, without what is unset, a list of one block being that block."""
    if isinstance(value, Mapping):
        parts = {_name(key): _plain(item) for key, item in value.items()}
        return {key: part for key, part in parts.items() if part not in (None, "", [], {})}
    if isinstance(value, list):
        items = [_plain(item) for item in value]
        if len(items) == 1 and isinstance(items[0], dict):
            return items[0]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    return value


def _name(key: str) -> str:
    name = xform_name(key)
    return _SINGULAR.get(name, name)


def policy_document(text: object) -> Document | None:
    """A policy in one spelling: single items in lists, lists sorted; None for what is no policy."""
    if not isinstance(text, str) or not text:
        return None
    try:
        policy = json.loads(text)
    except ValueError:
        return None
    if not isinstance(policy, dict):
        return None
    found = policy.get("Statement", [])
    statements = found if isinstance(found, list) else [found]
    return {
        "statement": sorted(
            (_statement(each) for each in statements),
            key=lambda each: json.dumps(each, sort_keys=True),
        )
    }


_EVERYBODY: Final = {"AWS": ["*"]}


def _statement(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {
        key: _EVERYBODY if key == "Principal" and item == "*" else _listed(item)
        for key, item in value.items()
        if key not in {"Effect", "Sid"}
    } | {"Effect": value.get("Effect")}


def _listed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _listed(item) for key, item in value.items()}
    items = value if isinstance(value, list) else [value]
    return sorted(str(item).lower() if isinstance(item, bool) else str(item) for item in items)


def _lifecycle(rules: Sequence[Mapping[str, Any]]) -> Document | None:
    plain = [_rule(rule) for rule in rules]
    return {"rule": sorted(plain, key=lambda rule: json.dumps(rule, sort_keys=True))}


def _rule(rule: Mapping[str, Any]) -> Document:
    plain: dict[str, Any] = _plain(rule)
    expiration = plain.get("expiration")
    if isinstance(expiration, dict):
        # Unset numbers and marks are 0 and false in a plan, and left out by AWS.
        kept = {key: value for key, value in expiration.items() if value}
        plain = {key: value for key, value in plain.items() if key != "expiration"}
        plain |= {"expiration": kept} if kept else {}
    return plain


def _encryption(rules: Any) -> Document | None:
    """None for S3's own key, which S3 sets on each bucket by itself."""
    plain = _plain(rules)
    default = plain.get("apply_server_side_encryption_by_default", {}) if plain else {}
    if default.get("sse_algorithm", "AES256") == "AES256":
        return None
    return {
        "sse_algorithm": default["sse_algorithm"],
        "kms_master_key_id": default.get("kms_master_key_id", ""),
    }


_ACCESS: Final = (
    "block_public_acls",
    "block_public_policy",
    "ignore_public_acls",
    "restrict_public_buckets",
)


def _capacity(cluster: Mapping[str, Any], strategy: str) -> Document | None:
    plain = _plain(cluster)
    providers, found = plain.get("capacity_providers", []), plain.get(strategy, [])
    if not providers and not found:
        return None
    return {
        "capacity_providers": providers,
        "default_capacity_provider_strategy": [
            {key: value for key, value in each.items() if value or key == "capacity_provider"}
            for each in (found if isinstance(found, list) else [found])
        ],
    }


def _cluster(answer: Mapping[str, Any]) -> Document | None:
    clusters = [each for each in answer["clusters"] if each.get("status") != "INACTIVE"]
    return _capacity(clusters[0], "default_capacity_provider_strategy") if clusters else None


def _default_group(
    groups: Mapping[str, Any], interfaces: Mapping[str, Any] | None
) -> Document | None:
    """None for no rules, and for AWS's own rules of a group that nothing uses."""
    if not groups["SecurityGroups"]:
        return None
    (group,) = groups["SecurityGroups"]
    rules = {
        "ingress": [_plain(rule) for rule in group.get("IpPermissions", ())],
        "egress": [_plain(rule) for rule in group.get("IpPermissionsEgress", ())],
    }
    used = [
        each["NetworkInterfaceId"]
        for each in (interfaces or {}).get("NetworkInterfaces", ())
        if each.get("Attachment")
        and any(of["GroupId"] == group["GroupId"] for of in each.get("Groups", ()))
    ]
    if not any(rules.values()) or (not used and _are_of_aws(group)):
        return None
    return rules | ({"used_by": sorted(used)} if used else {})


def _are_of_aws(group: Mapping[str, Any]) -> bool:
    """Whether the rules are those of every new network: all from itself in, all out."""
    inside = [
        pair.get("GroupId")
        for rule in group.get("IpPermissions", ())
        for pair in (*rule.get("UserIdGroupPairs", ()), *rule.get("IpRanges", ()))
    ]
    outside = [
        source.get("CidrIp") or source.get("CidrIpv6")
        for rule in group.get("IpPermissionsEgress", ())
        for source in (*rule.get("IpRanges", ()), *rule.get("Ipv6Ranges", ()))
    ]
    return set(inside) <= {group["GroupId"]} and set(outside) <= {"0.0.0.0/0", "::/0"}


def _topic(answer: Mapping[str, Any]) -> Document | None:
    text = answer["Attributes"].get("Policy")
    return None if "__default_policy_ID" in str(text) else policy_document(text)


_OF_LOGGING: Final = ("log_destination_configs", "redacted_fields", "logging_filter")


def _some(value: Any, names: Sequence[str]) -> Document:
    plain = _plain(value)
    return {name: plain[name] for name in names if name in plain}


def _policy(after: Attributes) -> Document | None:
    return policy_document(after.get("policy"))


DOCUMENTS: Final[Mapping[str, DocumentType]] = {
    "aws_default_security_group": DocumentType(
        parents=("vpc_id",),
        questions=(
            Question(
                service="ec2",
                operation="DescribeSecurityGroups",
                arguments=lambda after: {
                    "Filters": [
                        {"Name": "vpc-id", "Values": [after["vpc_id"]]},
                        {"Name": "group-name", "Values": ["default"]},
                    ]
                },
                absent=frozenset(),
            ),
            Question(
                service="ec2",
                operation="DescribeNetworkInterfaces",
                arguments=lambda after: {
                    "Filters": [{"Name": "vpc-id", "Values": [after["vpc_id"]]}]
                },
                absent=frozenset(),
            ),
        ),
        held=_default_group,
        # The provider takes away all that is not configured.
        planned=lambda after: {
            "ingress": _plain(after.get("ingress") or []),
            "egress": _plain(after.get("egress") or []),
        },
    ),
    "aws_ecs_cluster_capacity_providers": DocumentType(
        parents=("cluster_name",),
        questions=(
            Question(
                service="ecs",
                operation="DescribeClusters",
                arguments=lambda after: {"clusters": [after["cluster_name"]]},
                absent=frozenset({"ClusterNotFoundException"}),
            ),
        ),
        held=_cluster,
        planned=lambda after: _capacity(after, "default_capacity_provider_strategy") or {},
    ),
    "aws_efs_file_system_policy": DocumentType(
        parents=("file_system_id",),
        questions=(
            Question(
                service="efs",
                operation="DescribeFileSystemPolicy",
                arguments=lambda after: {"FileSystemId": after["file_system_id"]},
                absent=frozenset({"PolicyNotFound", "FileSystemNotFound"}),
            ),
        ),
        held=lambda answer: policy_document(answer["Policy"]),
        planned=_policy,
    ),
    "aws_iam_role_policy": DocumentType(
        parents=("role", "name"),
        questions=(
            Question(
                service="iam",
                operation="GetRolePolicy",
                arguments=lambda after: {"RoleName": after["role"], "PolicyName": after["name"]},
                absent=frozenset({"NoSuchEntity", "NoSuchEntityException"}),
            ),
        ),
        # botocore decodes this one by itself.
        held=lambda answer: policy_document(json.dumps(answer["PolicyDocument"])),
        planned=_policy,
    ),
    "aws_s3_bucket_lifecycle_configuration": _of_bucket(
        "GetBucketLifecycleConfiguration",
        "NoSuchLifecycleConfiguration",
        held=lambda answer: _lifecycle(answer["Rules"]) if answer.get("Rules") else None,
        planned=lambda after: _lifecycle(after.get("rule") or []),
    ),
    "aws_s3_bucket_logging": _of_bucket(
        "GetBucketLogging",
        held=lambda answer: (
            _some(answer["LoggingEnabled"], ("target_bucket", "target_prefix"))
            if answer.get("LoggingEnabled")
            else None
        ),
        planned=lambda after: (
            _some(after, ("target_bucket", "target_prefix")) if after.get("target_bucket") else None
        ),
    ),
    "aws_s3_bucket_policy": _of_bucket(
        "GetBucketPolicy",
        "NoSuchBucketPolicy",
        held=lambda answer: policy_document(answer["Policy"]),
        planned=_policy,
    ),
    "aws_s3_bucket_public_access_block": _of_bucket(
        "GetPublicAccessBlock",
        "NoSuchPublicAccessBlockConfiguration",
        held=lambda answer: _some(answer["PublicAccessBlockConfiguration"], _ACCESS),
        planned=lambda after: _some(after, _ACCESS),
    ),
    "aws_s3_bucket_server_side_encryption_configuration": _of_bucket(
        "GetBucketEncryption",
        "ServerSideEncryptionConfigurationNotFoundError",
        held=lambda answer: _encryption(answer["ServerSideEncryptionConfiguration"]["Rules"]),
        planned=lambda after: _encryption(after.get("rule") or []) or {"sse_algorithm": "AES256"},
    ),
    "aws_s3_bucket_versioning": _of_bucket(
        "GetBucketVersioning",
        held=lambda answer: {"status": answer["Status"]} if answer.get("Status") else None,
        planned=lambda after: _some(
            _plain(after).get("versioning_configuration") or {}, ("status",)
        ),
    ),
    "aws_sns_topic_policy": DocumentType(
        parents=("arn",),
        questions=(
            Question(
                service="sns",
                operation="GetTopicAttributes",
                arguments=lambda after: {"TopicArn": after["arn"]},
                absent=frozenset({"NotFound", "NotFoundException"}),
            ),
        ),
        held=_topic,
        planned=_policy,
    ),
    "aws_wafv2_web_acl_logging_configuration": DocumentType(
        parents=("resource_arn",),
        questions=(
            Question(
                service="wafv2",
                operation="GetLoggingConfiguration",
                arguments=lambda after: {"ResourceArn": after["resource_arn"]},
                absent=frozenset({"WAFNonexistentItemException"}),
            ),
        ),
        held=lambda answer: _some(answer["LoggingConfiguration"], _OF_LOGGING),
        planned=lambda after: (
            _some(after, _OF_LOGGING) if after.get("log_destination_configs") else None
        ),
    ),
}
