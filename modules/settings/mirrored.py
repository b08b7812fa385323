"""Third parties' images, and where a stage keeps copies of them: its own registry, one repository each."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from modules.settings.stage_settings import StageSettings

_DOCKER_HUB: Final = "docker.io"


@dataclass(frozen=True, kw_only=True)
class PinnedCopy:
    """An image as it is pinned; `repository` is where it comes from, with its host."""

    image: str
    repository: str
    version: str
    """What follows the repository: `:TAG`, or `@DIGEST` where the image is pinned by one."""

    @property
    def label(self) -> str:
        """Return the last part of an address in Terraform."""
        return re.sub(r"[^a-z0-9]+", "_", self.repository.lower())

    def repository_name(self, prefix: str) -> str:
        """Return the repository of a stage's copies; a registry's port has no place in ECR's names."""
        return f"{prefix}-mirror/{self.repository.replace(':', '-')}"


def third_party_images(settings: StageSettings) -> tuple[PinnedCopy, ...]:
    """Return what a stage runs of others, in the order of the services, each once."""
    return tuple(pinned_copy(image) for image in dict.fromkeys(_images(settings)))


def pinned_copy(image: str) -> PinnedCopy:
    """Return how a pinned image is called where it comes from."""
    name, at, digest = image.partition("@")
    rest, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        rest, tag = name, ""
    host, slash, _ = rest.partition("/")
    if not slash:
        rest = f"{_DOCKER_HUB}/library/{rest}"
    elif not {".", ":"} & set(host) and host != "localhost":
        rest = f"{_DOCKER_HUB}/{rest}"
    return PinnedCopy(image=image, repository=rest, version=f"@{digest}" if at else f":{tag}")


def _images(settings: StageSettings) -> Iterable[str]:
    rows = settings.services.values()
    yield from (row.image for row in rows if not row.has_own_image)
    if any(row.uses_database for row in rows):
        yield from (settings.database.client_image, settings.database.authorities_image)
    elif any(row.jobs for row in rows):
        # What keeps the time of a job.
        yield settings.database.authorities_image
    if any(row.proxied for row in rows):
        yield settings.proxy.image
    if settings.tracing.enabled and any(row.traced for row in rows):
        yield settings.tracing.collector_image
