"""Buckets, and what a bucket has once or not at all."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from aws.resources.call import Call
from aws.resources.document import (
    Attributes,
    Document,
    DocumentReader,
    held_in_row,
    plain,
    planned_policy,
    policy_document,
    some_of,
)
from aws.resources.row import ResourceType, switched_off


def _part(
    part: str,
    operation: str,
    document: str,
    *absent: str,
    held: Callable[[Any], Document | None],
    planned: Callable[[Attributes], Document | None],
) -> ResourceType:
    return ResourceType(
        type=f"aws_s3_bucket_{part}",
        free=True,
        key=("bucket",),
        attributes={"id": "Bucket", "bucket": "Bucket"},
        import_id="{bucket}",
        is_part=True,
        listing=Call(
            "s3",
            operation,
            document,
            {"Bucket": "{}"},
            absent=frozenset({"NoSuchBucket", *absent}),
            single=True,
        ),
        overwrites=True,
        document=DocumentReader(held=held_in_row(held), planned=planned),
    )


def _lifecycle(rules: Sequence[Mapping[str, Any]]) -> Document:
    found = [_rule(rule) for rule in rules]
    return {"rule": sorted(found, key=lambda rule: json.dumps(rule, sort_keys=True))}


def _rule(rule: Mapping[str, Any]) -> Document:
    found: dict[str, Any] = plain(rule)
    expiration = found.get("expiration")
    if isinstance(expiration, dict):
        # Unset numbers and marks are 0 and false in a plan, and left out by AWS.
        kept = {key: value for key, value in expiration.items() if value}
        found = {key: value for key, value in found.items() if key != "expiration"}
        found |= {"expiration": kept} if kept else {}
    return found


def _encryption(rules: Any) -> Document | None:
    """None for S3's own key, which S3 sets on each bucket by itself."""
    found = plain(rules)
    default = found.get("apply_server_side_encryption_by_default", {}) if found else {}
    if default.get("sse_algorithm", "AES256") == "AES256":
        return None
    return {
        "sse_algorithm": default["sse_algorithm"],
        "kms_master_key_id": default.get("kms_master_key_id", ""),
    }


def _without_helpers(text: object) -> Document | None:
    """Leave out what the CDK's helper that empties a bucket may do: it goes with the owner's stack."""
    found = policy_document(text)
    if found is None:
        return None
    kept = [each for each in found["statement"] if _OF_HELPER not in json.dumps(each)]
    return {"statement": kept} if kept else None


_OF_HELPER: Final = "CustomS3AutoDeleteObjects"
_OF_LOGGING: Final = ("target_bucket", "target_prefix")
_ACCESS: Final = (
    "block_public_acls",
    "block_public_policy",
    "ignore_public_acls",
    "restrict_public_buckets",
)

S3: Final = (
    ResourceType(
        type="aws_s3_bucket",
        cloudformation="AWS::S3::Bucket",
        arn="arn:aws:s3:::name",
        label="bucket",
        key=("bucket",),
        refuses_double=True,
        attributes={"id": "Name", "bucket": "Name"},
        import_id="{bucket}",
        # Only a request with a page size is answered with each bucket's region.
        listing=Call("s3", "ListBuckets", "Buckets", {"MaxBuckets": 1000}),
        holds_data=True,
        kept_in_state={"force_destroy": None},
        state_changes={"force_destroy": switched_off},
        identity=("bucket", "tags"),
    ),
    _part(
        "lifecycle_configuration",
        "GetBucketLifecycleConfiguration",
        "Rules",
        "NoSuchLifecycleConfiguration",
        held=_lifecycle,
        planned=lambda after: _lifecycle(after.get("rule") or []),
    ),
    _part(
        "logging",
        "GetBucketLogging",
        "LoggingEnabled",
        held=lambda enabled: some_of(enabled, _OF_LOGGING),
        planned=lambda after: some_of(after, _OF_LOGGING) if after.get("target_bucket") else None,
    ),
    _part(
        "policy",
        "GetBucketPolicy",
        "Policy",
        "NoSuchBucketPolicy",
        held=_without_helpers,
        planned=planned_policy,
    ),
    replace(
        _part(
            "public_access_block",
            "GetPublicAccessBlock",
            "PublicAccessBlockConfiguration",
            "NoSuchPublicAccessBlockConfiguration",
            held=lambda found: some_of(found, _ACCESS),
            planned=lambda after: some_of(after, _ACCESS),
        ),
        cloudformation="AWS::S3::Bucket",
        label="public access block of the bucket",
        identity=_ACCESS,
    ),
    replace(
        _part(
            "server_side_encryption_configuration",
            "GetBucketEncryption",
            "ServerSideEncryptionConfiguration",
            "ServerSideEncryptionConfigurationNotFoundError",
            held=lambda found: _encryption(found["Rules"]),
            planned=lambda after: (
                _encryption(after.get("rule") or []) or {"sse_algorithm": "AES256"}
            ),
        ),
        cloudformation="AWS::S3::Bucket",
        label="encryption of the bucket",
        identity=("rule",),
    ),
    replace(
        _part(
            "versioning",
            "GetBucketVersioning",
            "Status",
            held=lambda status: {"status": status},
            planned=lambda after: some_of(
                plain(after).get("versioning_configuration") or {}, ("status",)
            ),
        ),
        label="bucket",
        identity=("versioning_configuration",),
    ),
)
