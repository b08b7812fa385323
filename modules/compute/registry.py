"""The registries of the images that the project builds."""

from collections.abc import Sequence

from cdktf_cdktf_provider_aws.ecr_repository import (
    EcrRepository,
    EcrRepositoryEncryptionConfiguration,
    EcrRepositoryImageScanningConfiguration,
)
from constructs import Construct

from modules.context import Context


class Registries(Construct):
    """One ECR repository per service with an image of its own, each image scanned when pushed."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        services: Sequence[str],
    ) -> None:
        super().__init__(scope, id_)
        encryption = (
            [EcrRepositoryEncryptionConfiguration(encryption_type="KMS", kms_key=context.key_arn)]
            if context.key_arn
            else None
        )
        self.repositories: dict[str, EcrRepository] = {
            service: context.guard.address(
                service,
                EcrRepository(
                    self,
                    service,
                    name=context.names.service(service),
                    # A deployment may move a tag such as `latest`; releases are tagged by commit.
                    image_tag_mutability="MUTABLE",
                    image_scanning_configuration=EcrRepositoryImageScanningConfiguration(
                        scan_on_push=True
                    ),
                    encryption_configuration=encryption,
                    force_delete=not context.retain_data,
                ),
            )
            for service in services
        }
