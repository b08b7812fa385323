"""How the services' images are built and pushed: commands for whichever container engine is there."""

import base64
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aws.client import ask
from common.errors import UserError
from common.progress import Progress
from modules.settings.services import OF_THIS_PROJECT, PLACEHOLDERS, Service
from modules.settings.shared_registry import shared_registry
from modules.settings.stage_settings import StageSettings
from ops.deployed import Deployed, chosen_services
from ops.images.dockerfiles import copied_from_outside
from ops.images.engines import PLATFORMS, run_engine
from terraform.workspace import PROJECT

_NO_REGISTRY = frozenset({"RepositoryNotFoundException"})


@dataclass(frozen=True, kw_only=True)
class Build:
    """One image: what it is built from, for which platform, and its full name with the tag."""

    service: str
    context: Path
    dockerfile: Path
    arguments: Mapping[str, str]
    platform: str
    reference: str


def own_images(settings: StageSettings, asked: Iterable[str]) -> tuple[str, ...]:
    """Return the services with an image of the project's own: those that `asked` names, or all.

    Raises UserError for one that runs somebody else's image.
    """
    chosen = chosen_services(settings, asked)
    for name in chosen:
        if not settings.services[name].has_own_image:
            raise UserError(
                f"{name} runs {settings.services[name].image}, which is not built here: change `image` in "
                f"[services.{name}] of the stage file"
            )
    own = (name for name, row in settings.services.items() if row.has_own_image)
    return chosen or tuple(own)


def source_tree(settings: StageSettings, option: Path | None) -> Path:
    """Return the folder of the sources. Raises UserError where it is unknown or not there."""
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


def build_place(source: Path, service: Service) -> tuple[Path, Path]:
    """Return the folder that an image is built from, and its Dockerfile; neither need be there."""
    if service.build_folder:
        folder = source / service.build_folder
        return folder, folder / "Dockerfile"
    context = Path(os.path.normpath(source / (service.build_context or service.name)))
    # Before rows named a context it was the service's name: a tree of that shape is built as ever.
    as_before = source / service.name
    if not context.is_dir() and (as_before / "Dockerfile").is_file():
        return as_before, as_before / "Dockerfile"
    own = service.dockerfile.removeprefix(OF_THIS_PROJECT)
    return context, (context if own == service.dockerfile else PROJECT) / own


def commit_tag(source: Path, services: Iterable[Service]) -> str:
    """Return the tag of images: the commit of the tree they are built from, and `-dirty` where it differs.

    What is built from two trees carries both commits. Raises UserError for a folder that git does not know.
    """
    folders = [_context_of(source, service) for service in services]
    trees = dict.fromkeys(_git(each, "rev-parse", "--show-toplevel") for each in folders)
    return ".".join(_commit(Path(tree)) for tree in trees)


def planned_build(
    source: Path, service: Service, *, registry: str, tag: str, values: Mapping[str, str]
) -> Build:
    """Return how a service's image is built; `values` fill the placeholders of its build arguments.

    Raises UserError without a Dockerfile, and for one that copies from outside its context.
    """
    context, dockerfile = _context_of(source, service), build_place(source, service)[1]
    if not dockerfile.is_file():
        raise UserError(
            f"{dockerfile}: no Dockerfile: name its folder, below the source tree, as build_folder in "
            f"[services.{service.name}] of the stage file, or the file itself as dockerfile"
        )
    # An engine takes a comment in any encoding.
    text = dockerfile.read_bytes().decode("utf-8-sig", "replace")
    for each in copied_from_outside(text, context):
        raise UserError(
            f"{dockerfile}: line {each.line} copies {each.source}, from outside its build context {context}: "
            f"name a folder above that has it as build_context in [services.{service.name}] of the stage "
            f"file, and this file, from there on, as dockerfile"
        )
    return Build(
        service=service.name,
        context=context,
        dockerfile=dockerfile,
        arguments=build_arguments(service, values),
        platform=PLATFORMS[service.cpu_architecture],
        reference=f"{registry}:{tag}",
    )


def planned_builds(
    deployed: Deployed, source: Path, services: Iterable[str], tag: str
) -> list[Build]:
    """Return how a stage's services are built, each for its registry: all before the first is begun.

    A missing Dockerfile should not show after half an hour. Raises UserError as `planned_build` does.
    """
    return [
        planned_build(
            source,
            deployed.settings.services[name],
            registry=registry_of(deployed, name),
            tag=tag,
            values=build_values(deployed.settings),
        )
        for name in services
    ]


def build_arguments(service: Service, values: Mapping[str, str]) -> dict[str, str]:
    """Return a row's build arguments, filled. Raises UserError for a value that the stage lacks."""
    filled = {}
    for name, text in service.build_args.items():
        for word in PLACEHOLDERS:
            if f"{{{word}}}" in text and word not in values:
                raise UserError(
                    f"{service.name}: the build argument {name} needs the stage's {word}: "
                    "add domain_name to the stage file"
                    if word == "domain"
                    else f"{service.name}: a build argument may hold {{domain}} and {{region}}, and {name} "
                    f"holds {{{word}}}: write its value"
                )
            text = text.replace(f"{{{word}}}", values.get(word, ""))  # noqa: PLW2901  # step by step
        filled[name] = text
    return filled


def build_values(settings: StageSettings) -> dict[str, str]:
    """Return what a stage's build arguments may hold in braces."""
    domain = {"domain": settings.domain_name} if settings.domain_name else {}
    return {"region": settings.region, **domain}


def build_command(engine: str, build: Build) -> list[str]:
    """Return the command that builds."""
    apart = build.dockerfile != build.context / "Dockerfile"
    ignored = build.dockerfile.with_name(f"{build.dockerfile.name}.dockerignore")
    return [
        engine,
        "build",
        # The one isolation of buildah that needs no further program.
        *(["--isolation", "chroot"] if engine == "buildah" else []),
        "--platform",
        build.platform,
        *(["-f", str(build.dockerfile)] if apart else []),
        # docker finds it by its name.
        *(["--ignorefile", str(ignored)] if engine != "docker" and ignored.is_file() else []),
        *(
            part
            for name, value in build.arguments.items()
            for part in ("--build-arg", f"{name}={value}")
        ),
        "-t",
        build.reference,
        str(build.context),
    ]


def push_builds(
    deployed: Deployed, engine: str, builds: Sequence[Build], progress: Progress
) -> None:
    """Build images, and push each to its registry as soon as it is built."""
    log_in(deployed, engine, builds[0].reference)
    for each in builds:
        progress(f"building {each.reference} for {each.platform} with {engine}")
        run_engine(build_command(engine, each))
        progress(f"pushing {each.reference}")
        run_engine([engine, "push", each.reference])


def registry_of(deployed: Deployed, service: str) -> str:
    """Return the address of a service's registry. Raises UserError where it is not deployed."""
    shared = shared_registry(deployed.settings)
    if shared:
        return shared.repository(deployed.settings.services[service].registry).repository_url
    return repository_uri(deployed, deployed.registry(service))


def push_target(deployed: Deployed, service: str) -> str:
    """Return where a service's image is pushed. Raises UserError where the registry is another stage's."""
    if deployed.settings.images.registry:
        raise UserError(
            f"stage {deployed.settings.stage} takes its images from {deployed.settings.images.registry}: "
            "push them as the stage that has these registries"
        )
    return registry_of(deployed, service)


def repository_uri(deployed: Deployed, name: str) -> str:
    """Return the address of a registry of the stage. Raises UserError where it is not deployed."""
    answer = deployed.ask_unless(
        "ecr", "DescribeRepositories", _NO_REGISTRY, repositoryNames=[name]
    )
    if answer is None:
        raise UserError(
            f"there is no registry {name}: deploy the stage, phase foundation will do: "
            f"`cdktf deploy {deployed.settings.stack_name}`"
        )
    return str(answer["repositories"][0]["repositoryUri"])


def log_in(deployed: Deployed, engine: str, registry: str) -> None:
    """Let the engine push. The password goes through its standard input and holds for twelve hours."""
    # A token holds in one region.
    shared = shared_registry(deployed.settings)
    is_shared = shared and registry.startswith(shared.host)
    clients = deployed.registry_clients if is_shared else deployed.clients
    answer = ask(clients, "ecr", "GetAuthorizationToken")
    token = base64.b64decode(answer["authorizationData"][0]["authorizationToken"]).decode()
    user, _, password = token.partition(":")
    host = registry.partition("/")[0]
    run_engine([engine, "login", "--username", user, "--password-stdin", host], stdin=password)


def _context_of(source: Path, service: Service) -> Path:
    context, _ = build_place(source, service)
    if not context.is_dir():
        raise UserError(
            f"{context}: no such folder, and {service.name} is built from it: check the application out "
            f"there, name its folder as build_context in [services.{service.name}] of the stage file, or "
            "name the services to build in this command"
        )
    return context


def _commit(tree: Path) -> str:
    commit = _git(tree, "rev-parse", "--short=12", "HEAD")
    return f"{commit}-dirty" if _git(tree, "status", "--porcelain") else commit


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
