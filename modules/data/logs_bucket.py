"""What AWS itself logs about the stage: connections, requests, and who read the data bucket."""

from functools import partial

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.flow_log import FlowLog
from cdktf_cdktf_provider_aws.s3_bucket_logging import S3BucketLoggingA
from constructs import Construct

from modules.base.address import address
from modules.context import Context
from modules.data.private_bucket import PrivateBucket
from modules.network.network import AnyNetwork
from modules.security import policies
from modules.settings import stage_settings as s

REQUESTS_PREFIX = "requests"
CONNECTIONS_PREFIX = "connections"
DATA_BUCKET_PREFIX = "data-bucket/"


class LogsBucket(Construct):
    """The bucket of access logs and flow logs, with S3's own key: the load balancer writes to no other."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        settings: s.Security,
        network: AnyNetwork,
        data_bucket: PrivateBucket,
    ) -> None:
        super().__init__(scope, id_)
        bucket = PrivateBucket(
            self,
            "bucket",
            context=context,
            label="logs",
            name=context.names.logs_bucket(context.account_id, context.region),
            key_arn=None,
            versioned=True,
            tidied=True,
            expire_after_days=settings.log_retention_days,
            writers=partial(
                policies.log_delivery_statements,
                account_id=context.account_id,
                region=context.region,
                requests_prefix=REQUESTS_PREFIX,
                connections_prefix=CONNECTIONS_PREFIX,
                data_bucket_prefix=DATA_BUCKET_PREFIX,
            ),
        )
        policy = bucket.policy
        # All of an owner's VPC is more than this stage's business.
        if settings.flow_logs and not network.is_given:
            address("main", FlowLog)(
                self,
                "flow_log",
                vpc_id=network.vpc.id,
                traffic_type="ALL",
                log_destination_type="s3",
                log_destination=f"{bucket.bucket.arn}/{CONNECTIONS_PREFIX}/",
                depends_on=[policy],
                tags={"Name": context.names.flow_log},
            )
        if settings.access_logs:
            address("data", S3BucketLoggingA)(
                self,
                "data_bucket_logging",
                bucket=data_bucket.bucket.id,
                target_bucket=bucket.bucket.id,
                target_prefix=DATA_BUCKET_PREFIX,
                depends_on=[policy],
            )
        self.bucket = bucket.bucket
        # Whoever is told to write here is tried out at once, and needs the policy.
        self.ready: list[ITerraformDependable] = [policy]
