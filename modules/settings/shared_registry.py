"""Where a stage's images are when another stage, perhaps of another account or region, has them."""

import re
from dataclasses import dataclass

from modules.base.partition import arn
from modules.settings.stage_settings import StageSettings

_PLACE = re.compile(
    r"(?P<host>(?P<account>[0-9]{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.[^/]+)/(?P<prefix>.+)"
)


@dataclass(frozen=True, kw_only=True)
class SharedRegistry:
    """Repositories of another stage, by its prefix."""

    host: str
    account_id: str
    region: str
    prefix: str

    def name(self, label: str) -> str:
        """Return a service's repository, by the last part of its name."""
        return f"{self.prefix}-{label}"

    def repository(self, label: str) -> "SharedRepository":
        """Return where a service's images are pulled from."""
        name = self.name(label)
        return SharedRepository(
            repository_url=f"{self.host}/{name}",
            arn=arn(self.region, f"ecr:{self.region}:{self.account_id}:repository/{name}"),
        )


@dataclass(frozen=True, kw_only=True)
class SharedRepository:
    """A repository that no resource of this stage makes."""

    repository_url: str
    arn: str


def shared_registry(settings: StageSettings) -> SharedRegistry | None:
    """Return whose repositories the stage uses; None for its own."""
    found = _PLACE.fullmatch(settings.images.registry or "")
    if found is None:
        return None
    return SharedRegistry(
        host=found["host"],
        account_id=found["account"],
        region=found["region"],
        prefix=found["prefix"],
    )
