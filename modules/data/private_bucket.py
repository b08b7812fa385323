"""A bucket that is nobody else's."""

import json
from collections.abc import Callable, Sequence

from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
)
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from cdktf_cdktf_provider_aws.s3_bucket_public_access_block import (
    S3BucketPublicAccessBlock,
)
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)
from cdktf_cdktf_provider_aws.s3_bucket_versioning import (
    S3BucketVersioningA,
    S3BucketVersioningVersioningConfiguration,
)
from constructs import Construct

from modules.base.address import address
from modules.context import Context
from modules.security import policies

# How long what was overwritten or deleted can be brought back.
_OLD_VERSIONS_DAYS = 30
_UNFINISHED_UPLOADS_DAYS = 7


class PrivateBucket(Construct):
    """A private, encrypted, versioned bucket that answers only over TLS.

    `label` is the name in its resources' addresses. Without `key_arn` S3's own key encrypts it. `writers`
    gives the further statements of its policy for the bucket's ARN. What is `tidied` loses unfinished uploads
    and old versions after a while; with `expire_after_days` objects go by themselves too.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        label: str,
        name: str,
        key_arn: str | None,
        versioned: bool,
        tidied: bool,
        expire_after_days: int | None,
        writers: Callable[[str], Sequence[policies.Statement]],
    ) -> None:
        super().__init__(scope, id_)
        self._label = label
        self.bucket = context.guard.address(label, S3Bucket)(
            self,
            "bucket",
            bucket=name,
            force_destroy=not context.retain_data,
        )
        self._public_access_block = address(label, S3BucketPublicAccessBlock)(
            self,
            "public_access_block",
            bucket=self.bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
        encryption = (
            S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
                sse_algorithm="aws:kms" if key_arn else "AES256", kms_master_key_id=key_arn
            )
        )
        address(label, S3BucketServerSideEncryptionConfigurationA)(
            self,
            "encryption",
            bucket=self.bucket.id,
            rule=[
                S3BucketServerSideEncryptionConfigurationRuleA(
                    apply_server_side_encryption_by_default=encryption,
                    # One request to KMS for many objects, instead of one for each.
                    bucket_key_enabled=True if key_arn else None,
                )
            ],
        )
        if versioned:
            address(label, S3BucketVersioningA)(
                self,
                "versioning",
                bucket=self.bucket.id,
                versioning_configuration=S3BucketVersioningVersioningConfiguration(
                    status="Enabled"
                ),
            )
        if tidied:
            self._lifecycle(expire_after_days)
        self.policy: S3BucketPolicy = self._allow(writers(self.bucket.arn))

    def _allow(self, writers: Sequence[policies.Statement]) -> S3BucketPolicy:
        """Attach the bucket's policy: TLS only, and these statements."""
        tls_only = policies.tls_only(
            action="s3:*", resources=[self.bucket.arn, f"{self.bucket.arn}/*"]
        )
        return address(self._label, S3BucketPolicy)(
            self,
            "policy",
            bucket=self.bucket.id,
            policy=json.dumps(policies.document([tls_only, *writers])),
            # S3 refuses two changes of a bucket's access settings at the same time.
            depends_on=[self._public_access_block],
        )

    def _lifecycle(self, expire_after_days: int | None) -> None:
        old_versions = S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(
            noncurrent_days=_OLD_VERSIONS_DAYS
        )
        unfinished = S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(
            days_after_initiation=_UNFINISHED_UPLOADS_DAYS
        )
        address(self._label, S3BucketLifecycleConfiguration)(
            self,
            "lifecycle",
            bucket=self.bucket.id,
            rule=[
                S3BucketLifecycleConfigurationRule(
                    id="expire",
                    status="Enabled",
                    filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                    # A deleted object leaves a marker when its versions are gone, which slows down
                    # every listing. A rule with days takes it away too, and allows no word about it.
                    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManagingDelMarkers.html
                    expiration=[
                        S3BucketLifecycleConfigurationRuleExpiration(days=expire_after_days)
                        if expire_after_days
                        else S3BucketLifecycleConfigurationRuleExpiration(
                            expired_object_delete_marker=True
                        )
                    ],
                    noncurrent_version_expiration=[old_versions],
                    abort_incomplete_multipart_upload=[unfinished],
                )
            ],
        )
