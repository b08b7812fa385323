"""Building images and writing their tags, without AWS or an engine."""

import subprocess
from pathlib import Path

import pytest

from common.errors import UserError
from common.files import replace_file
from modules.settings.services import Service
from ops.images.dockerfiles import copied_from_outside
from ops.images.engines import find_engine
from ops.images.image_builds import (
    Build,
    build_arguments,
    build_command,
    commit_tag,
    own_images,
    planned_build,
    source_tree,
)
from ops.images.image_tags import with_image_tag
from terraform.workspace import PROJECT
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
        planned(tree, Service(name="oauth", build_context="app", dockerfile="prod.Dockerfile"))


def test_a_build_context_that_is_not_there_is_named(tree: Path) -> None:
    with pytest.raises(UserError, match=r"atomic-scheduler/kotlin-quarkus: no such folder"):
        planned(tree, stage_settings("dev").services["optaplanner"])


def test_a_tree_with_a_folder_for_each_service_is_built_as_before(tree: Path) -> None:
    build = planned(tree, stage_settings("dev").services["app"])

    assert (build.context, build.dockerfile) == (tree / "app", tree / "app" / "Dockerfile")


def test_a_folder_of_a_stages_own_takes_the_place_of_context_and_dockerfile(tree: Path) -> None:
    row = stage_settings("dev").services["functions"].model_copy(update={"build_folder": "app"})

    assert planned(tree, row).dockerfile == tree / "app" / "Dockerfile"


@pytest.mark.parametrize(
    ("engine", "told"),
    [
        ("docker", []),
        ("podman", ["--ignorefile", "images/functions/Dockerfile.dockerignore"]),
        ("buildah", ["--ignorefile", "images/functions/Dockerfile.dockerignore"]),
    ],
)
def test_a_dockerfile_of_this_project_builds_the_applications_folder(
    tree: Path, engine: str, told: list[str]
) -> None:
    (tree / "atomic-docker").mkdir()

    command = build_command(engine, planned(tree, stage_settings("dev").services["functions"]))

    file = command[command.index("-f") + 1]
    ignored = command[command.index("--ignorefile") :][:2] if told else []
    assert Path(file) == PROJECT / "images/functions/Dockerfile"
    assert ignored == [told[0], str(PROJECT / told[1])] if told else "--ignorefile" not in command
    assert command[-1] == str(tree / "atomic-docker")


def test_build_arguments_hold_the_stages_domain(tree: Path) -> None:
    args = {"NEXT_PUBLIC_APP_URL": "https://{domain}", "BASE": "node:22"}

    build = planned(tree, Service(name="app", build_args=args), domain="dev.example.com")

    command = build_command("docker", build)
    assert command[command.index("--build-arg") :][:4] == [
        "--build-arg",
        "NEXT_PUBLIC_APP_URL=https://dev.example.com",
        "--build-arg",
        "BASE=node:22",
    ]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("https://{domain}", "NEXT_PUBLIC_X needs the stage's domain: add domain_name"),
        ("s3://{bucket}", r"NEXT_PUBLIC_X holds \{bucket\}: write its value"),
    ],
)
def test_a_build_argument_that_cannot_be_filled_is_named(value: str, message: str) -> None:
    row = Service(name="app", build_args={"NEXT_PUBLIC_X": value})

    with pytest.raises(UserError, match=message):
        build_arguments(row, {"region": "eu-west-1"})


def test_a_dockerfile_that_copies_from_outside_its_context_is_named(tree: Path) -> None:
    (tree / "app" / "Dockerfile").write_text("FROM scratch\n# so\nCOPY ../project /app/project\n")
    (tree / "project").mkdir()

    with pytest.raises(
        UserError, match=r"line 3 copies \.\./project, from outside its build context"
    ):
        planned(tree, Service(name="app"))


def test_the_same_dockerfile_is_taken_where_the_context_has_what_it_copies(tree: Path) -> None:
    (tree / "app" / "Dockerfile").write_text("FROM scratch\nCOPY ../project /app/project\n")
    (tree / "project").mkdir()
    row = Service(name="app", build_context=".", dockerfile="app/Dockerfile")

    assert planned(tree, row).context == tree


@pytest.mark.parametrize(
    "text", ["# für alle\nFROM scratch\n".encode("latin-1"), b"\xef\xbb\xbfFROM scratch\n"]
)
def test_a_dockerfile_is_taken_in_whatever_encoding_an_engine_takes_it(
    tree: Path, text: bytes
) -> None:
    (tree / "app" / "Dockerfile").write_bytes(text)

    assert planned(tree, Service(name="app")).context == tree / "app"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("COPY a b /x/", []),
        ("COPY --from=build ../a /x", []),
        ("COPY --chown=1:1 ../a /x", [1]),
        ('FROM x\nadd ["../a", "/x"]', [2]),
        ("RUN a \\\n  && b\nCOPY a \\\n  ../b /x", [3]),
        ("COPY a/../b /x", []),
        ("COPY [broken /x", []),
    ],
)
def test_what_a_dockerfile_copies_from_above_is_found(
    tmp_path: Path, text: str, lines: list[int]
) -> None:
    assert [each.line for each in copied_from_outside(text, tmp_path)] == lines


def test_an_image_of_two_trees_carries_both_commits(tmp_path: Path) -> None:
    for name in ("atomic", "scheduler"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
        git(tmp_path / name, "init", "--quiet")
        git(tmp_path / name, "add", ".")
        git(tmp_path / name, "commit", "--quiet", "-m", "first")
    tree = tmp_path / "atomic"
    app = Service(name="app", build_context=".")
    planner = Service(name="optaplanner", build_context="../scheduler")

    one, other = commit_tag(tree, [app]), commit_tag(tree, [planner])

    assert commit_tag(tree, [app, planner]) == f"{one}.{other}"


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


@pytest.mark.parametrize(("daemon", "engine"), [("exit 0", "docker"), ("exit 1", "podman")])
def test_docker_without_its_daemon_gives_way(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, daemon: str, engine: str
) -> None:
    for name, script in (("docker", daemon), ("podman", "exit 0")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find_engine() == engine


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
    with pytest.raises(UserError, match=r"hasura runs hasura/graphql-engine:v2\.\d+\.\d+, "):
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


def test_a_comment_before_the_next_table_stays_there() -> None:
    text = 'domain_name = "a.example.com"\noperator_email = "o@example.com"\n[services.app]\nport = 9000\n'
    ending = "\n# Of functions.\n[services.functions]\nmax_tasks = 3\n"

    changed = with_image_tag(f"{text}{ending}", ["app"], "3f2a", stage="qa")

    assert changed == f'{text}image_tag = "3f2a"\n{ending}'
