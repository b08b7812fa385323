"""What stays of a service that is left out of a stage which retains its data, beside its registry."""

from collections.abc import Iterable

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from constructs import Construct

from modules.base.address import address
from modules.context import Context


class LeftOutLogs(Construct):
    """The log groups, which expire by their retention.

    They would stay in AWS anyway, and a service that is taken in again could not make its own.
    """

    def __init__(
        self, scope: Construct, id_: str, *, context: Context, services: Iterable[str]
    ) -> None:
        super().__init__(scope, id_)
        for service in services:
            address(service, CloudwatchLogGroup)(
                self,
                service,
                name=context.names.log_group(service),
                retention_in_days=context.log_retention_days,
                kms_key_id=context.key_arn,
                skip_destroy=True,
            )
