"""The registries of the images that the project builds."""

from collections.abc import Sequence

from cdktf_cdktf_provider_aws.ecr_repository import (
    EcrRepository,
    EcrRepositoryImageScanningConfiguration,
)
from constructs import Construct

from modules.guard import Guard
from modules.naming import Names


class Registries(Construct):
    """One ECR repository per service with an image of its own, each image scanned when pushed."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        services: Sequence[str],
        guard: Guard,
        names: Names,
    ) -> None:
        super().__init__(scope, id_)
        self.repositories: dict[str, EcrRepository] = {
            service: guard.address(
                service,
                EcrRepository(
                    self,
                    service,
                    name=names(service),
                    # A deployment may move a tag such as `latest`; releases are tagged by commit.
                    image_tag_mutability="MUTABLE",
                    image_scanning_configuration=EcrRepositoryImageScanningConfiguration(
                        scan_on_push=True
                    ),
                    force_delete=not guard.retain_data,
                ),
            )
            for service in services
        }
