"""The bucket of the application's files."""

import json

from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from cdktf_cdktf_provider_aws.s3_bucket_public_access_block import (
    S3BucketPublicAccessBlock,
)
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)
from constructs import Construct

from modules import policies
from modules.address import address
from modules.guard import Guard


class DataBucket(Construct):
    """A private, encrypted bucket that answers only over TLS."""

    def __init__(self, scope: Construct, id_: str, *, name: str, guard: Guard) -> None:
        super().__init__(scope, id_)
        self.bucket = guard.address(
            "data",
            S3Bucket(
                self,
                "bucket",
                bucket=name,
                force_destroy=not guard.retain_data,
            ),
        )
        block = address(
            "data",
            S3BucketPublicAccessBlock(
                self,
                "public_access_block",
                bucket=self.bucket.id,
                block_public_acls=True,
                block_public_policy=True,
                ignore_public_acls=True,
                restrict_public_buckets=True,
            ),
        )
        encryption = (
            S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
                sse_algorithm="AES256"
            )
        )
        address(
            "data",
            S3BucketServerSideEncryptionConfigurationA(
                self,
                "encryption",
                bucket=self.bucket.id,
                rule=[
                    S3BucketServerSideEncryptionConfigurationRuleA(
                        apply_server_side_encryption_by_default=encryption
                    )
                ],
            ),
        )
        tls_only = policies.tls_only(
            action="s3:*", resources=[self.bucket.arn, f"{self.bucket.arn}/*"]
        )
        address(
            "data",
            S3BucketPolicy(
                self,
                "policy",
                bucket=self.bucket.id,
                policy=json.dumps(policies.document([tls_only])),
                # S3 refuses two changes of a bucket's access settings at the same time.
                depends_on=[block],
            ),
        )
