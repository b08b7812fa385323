"""Buckets, and what a bucket has once or not at all."""

from typing import Any, Final

from aws.resources.call import Call
from aws.resources.row import Resource, switched_off


def _part(
    part: str, label: str, operation: str, document: str, *absent: str, **more: Any
) -> Resource:
    return Resource(
        type=f"aws_s3_bucket_{part}",
        label=label,
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
        **more,
    )


S3: Final = (
    Resource(
        type="aws_s3_bucket",
        label="bucket",
        key=("bucket",),
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
        "lifecycle of the bucket",
        "GetBucketLifecycleConfiguration",
        "Rules",
        "NoSuchLifecycleConfiguration",
    ),
    _part("logging", "logging of the bucket", "GetBucketLogging", "LoggingEnabled"),
    _part("policy", "policy of the bucket", "GetBucketPolicy", "Policy", "NoSuchBucketPolicy"),
    _part(
        "public_access_block",
        "public access block of the bucket",
        "GetPublicAccessBlock",
        "PublicAccessBlockConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
        identity=(
            "block_public_acls",
            "block_public_policy",
            "ignore_public_acls",
            "restrict_public_buckets",
        ),
    ),
    _part(
        "server_side_encryption_configuration",
        "encryption of the bucket",
        "GetBucketEncryption",
        "ServerSideEncryptionConfiguration",
        "ServerSideEncryptionConfigurationNotFoundError",
        identity=("rule",),
    ),
    _part(
        "versioning",
        "versioning of the bucket",
        "GetBucketVersioning",
        "Status",
        identity=("versioning_configuration",),
    ),
)
