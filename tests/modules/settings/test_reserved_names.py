"""A service has no name that a part of the platform has already."""

import pytest

from modules.settings.services import DATABASE_TASK, DATABASE_TUNNEL
from modules.settings.stage_files import parse_stage

REQUIRED = {"domain_name": "app.example.com", "operator_email": "ops@example.com"}


@pytest.mark.parametrize("name", [DATABASE_TASK, DATABASE_TUNNEL])
def test_a_service_is_not_called_as_a_task_of_the_platform(name: str) -> None:
    _, errors = parse_stage({**REQUIRED, "services": {name: {"port": 80}}}, stage="dev")

    assert [each.field for each in errors] == [f"services.{name}"]
