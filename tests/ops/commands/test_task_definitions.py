"""What remains of a destroyed stage can be deleted, and nothing of a stage that runs."""

import dataclasses
from typing import Any

import pytest

from aws.client import Clients
from common.errors import UserError
from ops.commands.task_definitions import check_runs_nothing
from ops.deployed import Deployed
from ops.tasks.revisions import delete_revisions, revisions_of
from terraform.workspace import Workspace
from tests.stages import stage_settings

DEV = stage_settings("dev")
TAGS = [{"key": key, "value": value} for key, value in DEV.default_tags.items()]


@pytest.fixture
def deployed(clients: Clients) -> Deployed:
    return Deployed(workspace=Workspace(stage="dev", environ={}), settings=DEV, clients=clients)


def register(clients: Clients, family: str, *, tags: list[dict[str, str]] | None = None) -> str:
    answer: dict[str, Any] = clients("ecs").register_task_definition(
        family=family,
        containerDefinitions=[{"name": "one", "image": "example/one:1", "memory": 128}],
        tags=tags or [],
    )
    return str(answer["taskDefinition"]["taskDefinitionArn"])


def test_all_revisions_of_the_stages_families_go(deployed: Deployed, clients: Clients) -> None:
    first, second = register(clients, "atomic-dev-app"), register(clients, "atomic-dev-app")
    clients("ecs").deregister_task_definition(taskDefinition=first)

    found = revisions_of(deployed)
    delete_revisions(clients, found, lambda _step: None)

    assert sorted(found) == [first, second]
    for status in ("ACTIVE", "INACTIVE"):
        assert clients("ecs").list_task_definitions(status=status)["taskDefinitionArns"] == []


def test_a_family_that_the_file_no_longer_has_goes_by_its_tags(
    deployed: Deployed, clients: Clients
) -> None:
    gone = register(clients, "atomic-dev-reports", tags=TAGS)
    # A stage called dev-two has a prefix that begins like this one's.
    register(clients, "atomic-dev-two-app", tags=[*TAGS[:1], {"key": "Stage", "value": "dev-two"}])
    register(clients, "atomic-dev-somebodys")

    assert revisions_of(deployed) == [gone]


def test_a_stage_without_tags_has_the_families_of_its_services_alone(
    deployed: Deployed, clients: Clients
) -> None:
    register(clients, "atomic-dev-somebodys")
    bare = dataclasses.replace(deployed, settings=DEV.model_copy(update={"default_tags": {}}))

    assert revisions_of(bare) == []


def test_a_stage_that_runs_keeps_what_it_may_be_rolled_back_to(
    deployed: Deployed, clients: Clients
) -> None:
    arn = register(clients, "atomic-dev-app")
    clients("ecs").create_cluster(clusterName="atomic-dev-ecs-cluster")
    clients("ecs").create_service(
        cluster="atomic-dev-ecs-cluster", serviceName="atomic-dev-app", taskDefinition=arn
    )

    with pytest.raises(UserError, match="may be rolled back"):
        check_runs_nothing(deployed)


def test_a_stage_without_a_cluster_runs_nothing(deployed: Deployed) -> None:
    check_runs_nothing(deployed)
