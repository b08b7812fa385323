"""The stage's own KMS key."""

import json

from cdktf_cdktf_provider_aws.kms_alias import KmsAlias
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from constructs import Construct

from modules.base.address import address
from modules.context import Context
from modules.security import key_policy

# KMS deletes no key at once; 7 is the least.
_DELETION_DAYS = 7
_RETAINED_DELETION_DAYS = 30


class CustomerKey(Construct):
    """One symmetric key for all that the stage stores, with a new key material every year."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
    ) -> None:
        super().__init__(scope, id_)
        key = context.guard.address("main", KmsKey)(
            self,
            "key",
            description=f"All that {context.names.prefix} stores",
            enable_key_rotation=True,
            deletion_window_in_days=_RETAINED_DELETION_DAYS
            if context.retain_data
            else _DELETION_DAYS,
            policy=json.dumps(
                key_policy.customer_key_policy(account_id=context.account_id, region=context.region)
            ),
        )
        address("main", KmsAlias)(
            self, "alias", name=context.names.key_alias, target_key_id=key.key_id
        )
        self.arn: str = key.arn
