"""How a service's container is started for a look."""

from ops.images.launch import planned_launch
from tests.stages import stage_settings


def test_a_variable_is_what_a_task_gets_without_terraforms_escapes() -> None:
    settings = stage_settings("dev")
    service = settings.services["app"].model_copy(update={"environment": {"${A}": "${x} %{y}"}})

    launch = planned_launch(settings, service, image="app:1", name="app", changed={})

    assert launch.environment["${A}"] == "${x} %{y}"
