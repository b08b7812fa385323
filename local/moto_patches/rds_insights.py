"""What moto leaves out of RDS's Performance Insights: all of it."""

from typing import Any

from moto.rds.exceptions import InvalidParameterCombination
from moto.rds.models import DBInstance

from local.moto_patches.patching import Own, around

_IS_ON, _DAYS, _KEY = (
    "enable_performance_insights",
    "performance_insights_retention_period",
    "performance_insights_kms_key_id",
)


@around(DBInstance, "update")
@around(DBInstance, "__init__")
def _keep_insights(own: Own, self: DBInstance, *arguments: Any, **named: Any) -> None:
    """Keep what is asked for, without which each plan would switch it on anew.

    Where nothing is said, the data is kept for seven days under AWS's own key. A key does not change.
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html
    """
    held = vars(self)
    asked = {name: named.get(name) for name in (_IS_ON, _DAYS, _KEY)}
    days, key = held.get(_DAYS), held.get(_KEY)
    is_on = held.get(_IS_ON, False) if asked[_IS_ON] is None else asked[_IS_ON]
    # Terraform's provider sends what it knows of both with the request that switches it off.
    if not (is_on or held.get(_IS_ON)) and (asked[_DAYS] or asked[_KEY]):
        raise InvalidParameterCombination(
            "To enable Performance Insights, EnablePerformanceInsights must be set to 'true'"
        )
    if key and asked[_KEY] not in {None, key}:
        raise InvalidParameterCombination("You cannot change your Performance Insights KMS key.")
    own(self, *arguments, **named)
    held[_IS_ON] = is_on
    where = f"{self.backend.region_name}:{self.backend.account_id}"
    ours = f"arn:aws:kms:{where}:alias/aws/rds"
    held[_DAYS] = (asked[_DAYS] or days or 7) if is_on else None
    held[_KEY] = (asked[_KEY] or key or ours) if is_on else None


DBInstance.performance_insights_enabled = property(  # type: ignore[attr-defined]  # the patch
    lambda self: self.enable_performance_insights
)
