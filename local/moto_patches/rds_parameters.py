"""What moto 5.2 leaves out of RDS's parameter groups."""

from collections.abc import Iterable
from typing import Any

from moto.rds.models import DBClusterParameterGroup, DBParameterGroup

from modules.settings.rules.databases import is_default


def say_who_set_a_database_parameter() -> None:
    """Give parameters a source: the provider reads only those, and sets others at each apply.

    One that has its default value RDS keeps as "pending-reboot", whatever it is asked for.
    https://github.com/hashicorp/terraform-provider-aws/issues/39252
    """
    for group, method, family in (
        (DBParameterGroup, "update_parameters", "family"),
        (DBClusterParameterGroup, "update_cluster_parameters", "db_parameter_group_family"),
    ):
        _add_source(group, method, family)


def _add_source(group: type, method: str, family: str) -> None:
    update = getattr(group, method)

    def as_kept(parameter: dict[str, Any], name: str) -> dict[str, Any]:
        late = (
            {"ApplyMethod": "pending-reboot"}
            if is_default(parameter["ParameterName"], name)
            else {}
        )
        return parameter | late | {"Source": "user"}

    def update_with_source(self: object, new_parameters: Iterable[dict[str, Any]]) -> None:
        update(self, [as_kept(each, getattr(self, family) or "") for each in new_parameters])

    setattr(group, method, update_with_source)
