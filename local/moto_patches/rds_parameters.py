"""What moto leaves out of RDS's parameter groups."""

from collections.abc import Iterable
from typing import Any

from moto.rds.models import DBClusterParameterGroup, DBParameterGroup

from local.moto_patches.patching import Own, around
from modules.settings.rules.databases import is_default


@around(DBClusterParameterGroup, "update_cluster_parameters")
@around(DBParameterGroup, "update_parameters")
def _say_who_set_them(own: Own, self: Any, new_parameters: Iterable[dict[str, Any]]) -> None:
    """Give parameters a source: the provider reads only those, and sets others at each apply.

    One that has its default value RDS keeps as "pending-reboot", whatever it is asked for.
    https://github.com/hashicorp/terraform-provider-aws/issues/39252
    """
    family = vars(self).get("family") or vars(self).get("db_parameter_group_family") or ""
    kept = []
    for each in new_parameters:
        late = is_default(each["ParameterName"], family)
        how = {"ApplyMethod": "pending-reboot"} if late else {}
        kept.append({**each, **how, "Source": "user"})
    own(self, kept)
