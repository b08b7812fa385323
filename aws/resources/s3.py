"""Buckets, and what a bucket has once or not at all."""

from dataclasses import replace
from typing import Final

from aws.resources.call import Call
from aws.resources.row import Resource, switched_off


def _part(part: str, operation: str, document: str, *absent: str) -> Resource:
    return Resource(
        type=f"aws_s3_bucket_{part}",
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
        "GetBucketLifecycleConfiguration",
        "Rules",
        "NoSuchLifecycleConfiguration",
    ),
    _part("logging", "GetBucketLogging", "LoggingEnabled"),
    _part("policy", "GetBucketPolicy", "Policy", "NoSuchBucketPolicy"),
    replace(
        _part(
            "public_access_block",
            "GetPublicAccessBlock",
            "PublicAccessBlockConfiguration",
            "NoSuchPublicAccessBlockConfiguration",
        ),
        label="public access block of the bucket",
        identity=(
            "block_public_acls",
            "block_public_policy",
            "ignore_public_acls",
            "restrict_public_buckets",
        ),
    ),
    replace(
        _part(
            "server_side_encryption_configuration",
            "GetBucketEncryption",
            "ServerSideEncryptionConfiguration",
            "ServerSideEncryptionConfigurationNotFoundError",
        ),
        label="encryption of the bucket",
        identity=("rule",),
    ),
    replace(
        _part("versioning", "GetBucketVersioning", "Status"),
        label="bucket",
        identity=("versioning_configuration",),
    ),
)
