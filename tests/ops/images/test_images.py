"""Building images and writing their tags, without AWS or an engine."""

import subprocess
from pathlib import Path

import pytest

from common.errors import UserError
from common.files import replace_file
from modules.settings.services import Service
from ops.images.engines import find_engine
from ops.images.image_builds import (
    Build,
    build_command,
    commit_tag,
    own_images,
    planned_build,
    source_tree,
)
from ops.images.image_tags import with_image_tag
from tests.stages import stage_settings

STAGE_FILE = """\
# Ours.
domain_name = "app.example.com"
operator_email = "ops@example.com"

[services.app]
max_tasks = 2  # enough
"""


def planned(tree: Path, service: Service, domain: str = "app.example.com") -> Build:
    values = {"domain": domain, "region": "eu-west-1"}
    return planned_build(tree, service, registry="r", tag="t", values=values)


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run(["git", *identity, "-C", str(folder), *arguments], check=True)


@pytest.fixture(name="tree")
def _tree(tmp_path: Path) -> Path:
    """An application with one commit."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Dockerfile").write_text("FROM scratch\n")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    return tmp_path


@pytest.mark.parametrize(
    ("architecture", "platform"), [("X86_64", "linux/amd64"), ("ARM64", "linux/arm64")]
)
def test_an_image_is_built_for_its_services_processor(
    tree: Path, architecture: str, platform: str
) -> None:
    app = Service.model_validate({"name": "app", "cpu_architecture": architecture})

    build = planned_build(tree, app, registry="host/atomic-dev-app", tag="t", values={})

    assert build_command("docker", build) == [
        "docker",
        "build",
        "--platform",
        platform,
        "-t",
        "host/atomic-dev-app:t",
        str(tree / "app"),
    ]


def test_a_service_may_name_the_folder_of_its_dockerfile(tree: Path) -> None:
    service = Service(name="functions", build_folder="app")

    assert planned(tree, service).context == tree / "app"
    assert planned(tree, service).dockerfile == tree / "app" / "Dockerfile"


def test_a_folder_without_dockerfile_is_refused_with_the_setting_that_names_it(tree: Path) -> None:
    with pytest.raises(UserError, match=r"build_folder in \[services.oauth\] of the stage file"):
        planned(tree, Service(name="oauth", build_folder="app/pages"))


def test_the_tag_is_the_commit_and_says_when_files_differ_from_it(tree: Path) -> None:
    clean = commit_tag(tree, [Service(name="app")])
    (tree / "app" / "Dockerfile").write_text("FROM other\n")

    assert len(clean) == 12
    assert commit_tag(tree, [Service(name="app")]) == f"{clean}-dirty"


def test_a_folder_without_git_asks_for_a_tag(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()

    with pytest.raises(UserError, match="give --tag yourself"):
        commit_tag(tmp_path, [Service(name="app")])


def test_an_unknown_source_tree_is_refused() -> None:
    with pytest.raises(UserError, match="add --source DIR"):
        source_tree(stage_settings("dev"), None)


def test_without_an_engine_the_three_that_would_do_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(UserError, match="install one of docker, podman, buildah"):
        find_engine()


def test_the_six_own_images_are_the_default() -> None:
    assert own_images(stage_settings("dev"), ()) == (
        "functions",
        "handshake",
        "oauth",
        "optaplanner",
        "app",
        "python-agent",
    )


def test_somebody_elses_image_is_not_built() -> None:
    with pytest.raises(UserError, match=r"hasura runs hasura/graphql-engine:v2\.48\.6"):
        own_images(stage_settings("dev"), ["hasura"])


def test_a_tag_is_written_beside_what_was_there() -> None:
    changed = with_image_tag(STAGE_FILE, ["app", "python-agent"], "3f2a", stage="qa")

    assert (
        changed
        == STAGE_FILE + 'image_tag = "3f2a"\n\n[services.python-agent]\nimage_tag = "3f2a"\n'
    )


def test_a_tag_that_was_there_is_replaced_and_its_comment_stays() -> None:
    text = STAGE_FILE + 'image_tag = "old"  # the one of May\n'

    changed = with_image_tag(text, ["app"], "new", stage="qa")

    assert changed == STAGE_FILE + 'image_tag = "new"  # the one of May\n'


def test_a_file_without_services_gets_their_tables() -> None:
    text = 'domain_name = "app.example.com"\noperator_email = "ops@example.com"\n'

    changed = with_image_tag(text, ["app"], "3f2a", stage="qa")

    assert changed == text + '\n[services.app]\nimage_tag = "3f2a"\n'


def test_a_tag_that_ecr_would_not_take_is_refused() -> None:
    with pytest.raises(UserError, match="an image tag: letters, digits"):
        with_image_tag(STAGE_FILE, ["app"], "no tag", stage="qa")


def test_a_stage_file_is_replaced_as_a_whole_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "prod.toml"
    path.write_text("old")
    path.chmod(0o640)

    replace_file(path, "new")

    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]
