"""The stage's own KMS key."""

import json

from cdktf_cdktf_provider_aws.kms_alias import KmsAlias
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from constructs import Construct

from modules.base.address import address
from modules.base.guard import Guard
from modules.base.naming import Names
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
        account_id: str,
        region: str,
        guard: Guard,
        names: Names,
    ) -> None:
        super().__init__(scope, id_)
        key = guard.address(
            "main",
            KmsKey(
                self,
                "key",
                description=f"All that {names.prefix} stores",
                enable_key_rotation=True,
                deletion_window_in_days=_RETAINED_DELETION_DAYS
                if guard.retain_data
                else _DELETION_DAYS,
                policy=json.dumps(
                    key_policy.customer_key_policy(account_id=account_id, region=region)
                ),
            ),
        )
        address(
            "main",
            KmsAlias(self, "alias", name=names.key_alias, target_key_id=key.key_id),
        )
        self.arn: str = key.arn
