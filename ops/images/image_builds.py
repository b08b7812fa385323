"""How the services' images are built and pushed: commands for whichever container engine is there."""

import base64
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aws.client import ask, ask_unless
from common.errors import UserError
from modules.settings.services import OWN_REPOSITORY, CpuArchitecture, Service
from modules.settings.stage_settings import StageSettings
from ops.deployed import Deployed, chosen_services
from terraform.workspace import PROJECT

ENGINES: Final = ("docker", "podman", "buildah")
PLATFORMS: Final[Mapping[CpuArchitecture, str]] = {
    "X86_64": "linux/amd64",
    "ARM64": "linux/arm64",
}
_NO_REGISTRY = frozenset({"RepositoryNotFoundException"})


@dataclass(frozen=True, kw_only=True)
class Build:
    """One image: what it is built from, for which platform, and its full name with the tag."""

    service: str
    folder: Path
    platform: str
    reference: str


def own_images(settings: StageSettings, asked: Iterable[str]) -> tuple[str, ...]:
    """The services with an image of the project's own: those that `asked` names, or all.

    Raises UserError for one that runs somebody else's image.
    """
    chosen = chosen_services(settings, asked)
    for name in chosen:
        if settings.services[name].image != OWN_REPOSITORY:
            raise UserError(
                f"{name} runs {settings.services[name].image}, which is not built here: change `image` in "
                f"[services.{name}] of the stage file"
            )
    own = (name for name, row in settings.services.items() if row.image == OWN_REPOSITORY)
    return chosen or tuple(own)


def source_tree(settings: StageSettings, option: Path | None) -> Path:
    """The folder of the application's sources. Raises UserError where it is not known or not there."""
    given = option or (Path(settings.images.source) if settings.images.source else None)
    if given is None:
        raise UserError(
            "where the application's sources are is not known: add --source DIR, or [images] with "
            'source = "../atomic" to the stage file'
        )
    folder = given if option else PROJECT / given
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder: name the application's source tree")
    return folder.resolve()


def commit_tag(source: Path) -> str:
    """The tag of a source tree: its commit, and `-dirty` where files differ from it.

    Raises UserError for a folder that git does not know.
    """
    commit = _git(source, "rev-parse", "--short=12", "HEAD")
    return f"{commit}-dirty" if _git(source, "status", "--porcelain") else commit


def planned_build(source: Path, service: Service, *, registry: str, tag: str) -> Build:
    """How a service's image is built. Raises UserError without a Dockerfile."""
    folder = source / (service.build_folder or service.name)
    if not (folder / "Dockerfile").is_file():
        raise UserError(
            f"{folder}: no Dockerfile: name its folder, below the source tree, as build_folder in "
            f"[services.{service.name}] of the stage file"
        )
    return Build(
        service=service.name,
        folder=folder,
        platform=PLATFORMS[service.cpu_architecture],
        reference=f"{registry}:{tag}",
    )


def build_command(engine: str, build: Build) -> list[str]:
    """The command that builds; docker, podman and buildah take the same."""
    return [engine, "build", "--platform", build.platform, "-t", build.reference, str(build.folder)]


def find_engine() -> str:
    """The first engine on PATH. Raises UserError when there is none."""
    for engine in ENGINES:
        if shutil.which(engine):
            return engine
    raise UserError(
        f"no container engine on PATH: install one of {', '.join(ENGINES)}, then run the same command again"
    )


def run_engine(command: Sequence[str], *, stdin: str | None = None) -> None:
    """Run the engine; what it prints goes to standard error. Raises UserError when it fails."""
    finished = subprocess.run(
        command,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        stdout=sys.stderr,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise UserError(
            f"`{' '.join(command[:2])}` failed with exit code {finished.returncode}: see its own words above"
        )


def registry_of(deployed: Deployed, service: str) -> str:
    """The address of a service's registry. Raises UserError where it is not deployed."""
    answer = ask_unless(
        deployed.clients,
        "ecr",
        "DescribeRepositories",
        _NO_REGISTRY,
        repositoryNames=[deployed.names.service(service)],
    )
    if answer is None:
        raise UserError(
            f"there is no registry {deployed.names.service(service)}: deploy the stage, phase foundation "
            f"will do: `cdktf deploy {deployed.settings.stack_name}`"
        )
    return str(answer["repositories"][0]["repositoryUri"])


def log_in(deployed: Deployed, engine: str, registry: str) -> None:
    """Let the engine push. The password goes through its standard input and holds for twelve hours."""
    answer = ask(deployed.clients, "ecr", "GetAuthorizationToken")
    token = base64.b64decode(answer["authorizationData"][0]["authorizationToken"]).decode()
    user, _, password = token.partition(":")
    host = registry.partition("/")[0]
    run_engine([engine, "login", "--username", user, "--password-stdin", host], stdin=password)


def _git(source: Path, *arguments: str) -> str:
    try:
        finished = subprocess.run(
            ["git", "-C", str(source), *arguments], capture_output=True, text=True, check=False
        )
    except OSError:
        raise UserError("git is not on PATH: install it, or give --tag yourself") from None
    if finished.returncode:
        raise UserError(f"{source}: not a git tree with a commit: give --tag yourself")
    return finished.stdout.strip()
