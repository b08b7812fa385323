"""The stage's own copies of third parties' images."""

import json

import pytest

from modules.settings.mirrored import pinned_copy, third_party_images
from modules.settings.stage_files import parse_stage
from tests.conftest import Synthesize
from tests.stages import stage_settings

DIGEST = f"sha256:{'0' * 64}"


@pytest.mark.parametrize(
    ("image", "repository", "version"),
    [
        ("nginx:1.28", "docker.io/library/nginx", ":1.28"),
        ("hasura/graphql-engine:v2.48.9", "docker.io/hasura/graphql-engine", ":v2.48.9"),
        ("public.ecr.aws/a/b:v1", "public.ecr.aws/a/b", ":v1"),
        ("localhost/a:1", "localhost/a", ":1"),
        ("host:5000/a/b:1", "host:5000/a/b", ":1"),
        (f"host:5000/a/b@{DIGEST}", "host:5000/a/b", f"@{DIGEST}"),
        (f"hasura/graphql-engine:v2@{DIGEST}", "docker.io/hasura/graphql-engine", f"@{DIGEST}"),
    ],
)
def test_a_pinned_image_names_its_registry_and_version(
    image: str, repository: str, version: str
) -> None:
    copy = pinned_copy(image)

    assert (copy.repository, copy.version) == (repository, version)


def test_a_port_has_no_place_in_the_name_of_a_copys_repository() -> None:
    assert (
        pinned_copy("host:5000/a/b:1").repository_name("atomic-dev")
        == "atomic-dev-mirror/host-5000/a/b"
    )


def test_each_image_of_others_is_copied_once() -> None:
    images = [copy.image for copy in third_party_images(stage_settings("dev"))]

    assert len(set(images)) == len(images)
    assert {"hasura/graphql-engine:v2.48.9", stage_settings("dev").proxy.image} < set(images)


@pytest.mark.parametrize(("mirror", "refused"), [("none", 0), ("fill", 1), ("use", 1)])
def test_repositories_that_would_share_a_copy_are_refused(mirror: str, refused: int) -> None:
    images = {"one": "ghcr.io/foo/bar-baz:1", "two": "ghcr.io/foo/bar_baz:1"}
    services = {name: {"image": image} for name, image in images.items()}
    document = {"domain_name": "app.example.com", "operator_email": "ops@example.com"}

    _, errors = parse_stage(
        {**document, "images": {"mirror": mirror}, "services": services}, stage="dev"
    )

    said = f'images.mirror = "{mirror}": must be "none" while ghcr.io/foo/bar-baz and ghcr.io/foo/bar_baz'
    assert [str(each).startswith(said) for each in errors] == [True] * refused


def test_without_the_setting_there_is_no_copy(stack: Synthesize) -> None:
    assert not [each for each in stack("dev").names("aws_ecr_repository") if "mirror" in each]


def test_a_stage_that_uses_its_copies_pulls_from_nowhere_else(stack: Synthesize) -> None:
    mirrored = stack("mirrored")

    images = [
        container["image"]
        for task in mirrored.names("aws_ecs_task_definition")
        for container in mirrored.containers(task).values()
    ]
    assert (
        "${aws_ecr_repository.mirror_docker_io_hasura_graphql_engine.repository_url}:v2.48.9"
        in (images)
    )
    assert [each for each in images if not each.startswith("${aws_ecr_repository.")] == []


def test_a_service_may_pull_the_copies_that_its_task_has(stack: Synthesize) -> None:
    document = json.loads(
        stack("mirrored").resource("aws_iam_role_policy", "functions_execution")["policy"]
    )

    (pull,) = (each for each in document["Statement"] if each["Sid"] == "PullImage")
    assert pull["Resource"] == [
        "${aws_ecr_repository.functions.arn}",
        "${aws_ecr_repository.mirror_public_ecr_aws_docker_library_nginx.arn}",
        "${aws_ecr_repository.mirror_public_ecr_aws_aws_observability_aws_otel_collector.arn}",
    ]


def test_a_copy_goes_with_its_stage(stack: Synthesize) -> None:
    repository = stack("mirrored").resource(
        "aws_ecr_repository", "mirror_docker_io_hasura_graphql_engine"
    )

    assert repository["name"] == "atomic-mirrored-mirror/docker.io/hasura/graphql-engine"
    assert repository["force_delete"] is True
    assert "lifecycle" not in repository


def test_the_registries_are_there_before_any_task_pulls_from_them(stack: Synthesize) -> None:
    fortified = stack("fortified")
    name = "mirror_docker_io_hasura_graphql_engine"

    encryption = fortified.resource("aws_ecr_repository", name)["encryption_configuration"]
    assert encryption == [{"encryption_type": "KMS", "kms_key": "${aws_kms_key.main.arn}"}]
    assert fortified.containers("hasura")["hasura"]["image"] == "hasura/graphql-engine:v2.48.9"
