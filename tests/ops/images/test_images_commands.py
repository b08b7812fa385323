"""The commands on images, from a stage file to what they print: AWS in this process, a real engine."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ops.commands.images as images_module
import ops.commands.images_check as check_module
import ops.commands.images_mirror as mirror_module
from aws.client import Clients
from modules.settings.mirrored import third_party_images
from ops.deployed import open_stage
from ops.doctor.contents import gather_images
from tests.answer import Answer
from tests.contract.command_lines import ends_with
from tests.ops.images.conftest import BASES, Workshop
from tests.ops.images.test_mirror import digest_header

pytestmark = pytest.mark.engine

STAGE = """\
domain_name = "dev.example.com"
operator_email = "ops@example.com"
retain_data = false
"""


Run = Callable[..., Answer]


@pytest.fixture(name="run")
def _run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `python -m ops images ...` in this process; engines print on the same screen."""

    def run(*arguments: str) -> Answer:
        capfd.readouterr()
        code = ends_with(["ops", "images", *arguments, "--stage", "dev"], monkeypatch)
        text, errors = capfd.readouterr()
        return Answer(code=code, text=text, errors=errors)

    return run


@pytest.fixture(name="stages")
def _stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ATOMIC_STAGES_DIR", str(tmp_path))
    for module in (images_module, check_module):
        monkeypatch.setattr(module, "find_engine", lambda: "buildah")
    return tmp_path


@pytest.fixture(name="stage")
def _stage(stages: Path, shop: Workshop, clients: Clients) -> Path:
    """A stage of the stand-in sources, with its registries."""
    bases = "".join(
        f"[services.{name}.build_args]\n"
        + "".join(f'{key} = "{value}"\n' for key, value in arguments.items())
        for name, arguments in BASES.items()
    )
    path = stages / "dev.toml"
    path.write_text(f'{STAGE}[images]\nsource = "{shop.tree}"\n{bases}')
    for name in BASES:
        clients("ecr").create_repository(repositoryName=f"atomic-dev-{name}")
    return path


@pytest.mark.usefixtures("stage")
def test_all_six_are_built_and_do_what_their_rows_say(run: Run) -> None:
    built = run("build", "--json")
    assert built.code == 0, built.errors

    checked = run("check", "--json", "--timeout", "20")

    assert checked.code == 0, checked.errors
    answer = json.loads(checked.text)
    assert answer["tag"] == json.loads(built.text)["tag"]
    assert {each["service"]: each["errors"] for each in answer["services"]} == {
        name: [] for name in BASES
    }
    assert all(each["looked_at"] for each in answer["services"])
    assert "a read-only root file system" in answer["untested"]


def test_what_is_wrong_with_an_image_is_said_and_ends_with_2(run: Run, stage: Path) -> None:
    stage.write_text(f"{stage.read_text()}[services.oauth]\nport = 80\n")
    assert run("build", "oauth", "--tag", "t").code == 0

    checked = run("check", "oauth", "--tag", "t", "--timeout", "20")

    assert checked.code == 2
    assert "oauth: it listens on 3000, and its row says 80: change `port`" in checked.text
    assert "untested, because buildah cannot do it here: a read-only root" in checked.text
    assert "next: docs/images.md says what an image has to be" in checked.text


def test_an_all_clear_names_what_was_looked_at_and_the_next_command(run: Run, stage: Path) -> None:
    assert stage.exists()
    assert run("build", "handshake", "--tag", "t").code == 0

    checked = run("check", "handshake", "--tag", "t", "--timeout", "20")

    assert checked.code == 0
    assert (
        "built for amd64, listens on 3000, / answers 200; /v1/handshake/ answers 404, "
        "1 of 1 addresses in its bundle"
    ) in checked.text
    assert "next: python -m ops images push handshake --stage dev --tag t" in checked.text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("oauth", "--env", "LEVEL"), "--env takes a variable and its value"),
        (("hasura",), "hasura runs hasura/graphql-engine:v2.48.9, which is not built here"),
        (("app", "--tag", "none"), "buildah has no image .*atomic-dev-app:none: build it first"),
        (("nobody",), "stage dev has no service 'nobody'"),
    ],
)
@pytest.mark.usefixtures("stage")
def test_bad_input_is_one_line(run: Run, arguments: tuple[str, ...], message: str) -> None:
    answer = run("check", *arguments)

    assert answer.code == 1
    assert re.fullmatch(f"error: .*{message}.*\n", answer.errors)


def test_a_dockerfile_outside_its_context_stops_the_build_before_it_begins(
    run: Run, stage: Path
) -> None:
    text = stage.read_text()
    stage.write_text(
        f'{text}[services.python-agent]\nbuild_folder = "atomic-docker/python_agent_build_docker"\n'
    )

    answer = run("build", "app", "python-agent")

    assert answer.code == 1
    assert "line 2 copies ../project, from outside its build context" in answer.errors


def test_a_stage_without_copies_is_told_how_to_have_them(run: Run, stages: Path) -> None:
    (stages / "dev.toml").write_text(STAGE)

    answer = run("mirror")

    assert answer.code == 1
    assert 'add mirror = "fill" to [images] of the stage file' in answer.errors


def test_the_images_of_others_are_copied_with_their_digests(
    run: Run, stages: Path, theirs: str, ours: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GIVEN a stage whose images of others all come from a registry here, and its own registry here."""
    image = f"{theirs}/them/tool:1.2"
    (stages / "dev.toml").write_text(
        f'{STAGE}[images]\nmirror = "fill"\n[proxy]\nimage = "{image}"\n'
        f'[tracing]\ncollector_image = "{image}"\n[services.hasura]\nimage = "{image}"\n'
        f'[services.supertokens]\nimage = "{image}"\n'
        f'[database]\nclient_image = "{image}"\nauthorities_image = "{image}"\n'
    )

    def here(_deployed: Any, name: str) -> str:
        return f"{ours}/{name}"

    monkeypatch.setattr(mirror_module, "repository_uri", here)
    monkeypatch.setattr(mirror_module, "log_in", lambda *_: None)

    first, second = run("mirror", "--json"), run("mirror")

    assert first.code == 0, first.errors
    (copied,) = json.loads(first.text)["mirrored"]
    name = f"atomic-dev-mirror/{theirs.replace(':', '-')}/them/tool"
    assert copied == {
        "image": image,
        "mirrored_as": f"{ours}/{name}:1.2",
        "digest": digest_header(theirs, "them/tool", "1.2"),
        "was_there": False,
    }
    assert digest_header(ours, name, "1.2") == copied["digest"]
    assert "was there" in second.text
    assert 'next: mirror = "use" in [images] of the stage file' in second.text


def test_the_doctor_asks_for_the_copies_that_a_stage_uses(stages: Path, clients: Clients) -> None:
    (stages / "dev.toml").write_text(f'{STAGE}[images]\nmirror = "use"\n')
    name = "atomic-dev-mirror/docker.io/hasura/graphql-engine"
    clients("ecr").create_repository(repositoryName=name)

    facts = {each.registry: each for each in gather_images(open_stage("dev")) if each.is_copy}

    assert (facts[name].has_registry, facts[name].has_image) == (True, False)
    assert len(facts) == len(third_party_images(open_stage("dev").settings))
