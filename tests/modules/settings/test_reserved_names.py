"""A service has no name that a part of the platform has already."""

import pytest

from modules.compute.authorities import VOLUME
from modules.compute.collector import COLLECTOR
from modules.compute.strip_proxy import PROXY
from modules.compute.timekeeper import TIMEKEEPER
from modules.settings.services import DATABASE_TASK, DATABASE_TUNNEL
from modules.settings.stage_files import parse_stage

REQUIRED = {"domain_name": "app.example.com", "operator_email": "ops@example.com"}


@pytest.mark.parametrize(
    "name", [DATABASE_TASK, DATABASE_TUNNEL, VOLUME, COLLECTOR, PROXY, TIMEKEEPER]
)
def test_a_service_is_not_called_as_a_task_or_container_of_the_platform(name: str) -> None:
    _, errors = parse_stage({**REQUIRED, "services": {name: {"port": 80}}}, stage="dev")

    assert [each.field for each in errors] == [f"services.{name}"]


@pytest.mark.parametrize(
    ("row", "tracing", "field"),
    [
        ({"port": 4317}, True, "services.own.port"),
        ({"port": 80, "behind_port": 4318}, True, "services.own.behind_port"),
        ({"port": 13133}, True, "services.own.port"),
        ({"port": 4317, "traced": False}, True, None),
        ({"port": 4317}, False, None),
    ],
)
def test_a_service_does_not_listen_where_the_collector_beside_it_does(
    row: dict[str, object], tracing: bool, field: str | None
) -> None:
    document = {**REQUIRED, "tracing": {"enabled": tracing}, "services": {"own": row}}

    _, errors = parse_stage(document, stage="dev")

    assert [each.field for each in errors] == ([field] if field else [])
