"""The registries of the images that the project builds."""

import json
from collections.abc import Sequence, Set

from cdktf_cdktf_provider_aws.ecr_lifecycle_policy import EcrLifecyclePolicy
from cdktf_cdktf_provider_aws.ecr_repository import (
    EcrRepository,
    EcrRepositoryEncryptionConfiguration,
    EcrRepositoryImageScanningConfiguration,
)
from constructs import Construct

from modules.base.address import address, address_of
from modules.compute.expiry import lifecycle_policy
from modules.context import Context
from modules.settings import stage_settings as s


class Registries(Construct):
    """One ECR repository per service with an image of its own, each image scanned when pushed.

    Old images expire, but in a registry that was there before: what its owner keeps is not known. With the
    policy's address in `allow_overwrite` they expire there too.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        settings: s.Images,
        services: Sequence[str],
        allow_overwrite: Set[str],
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
                    name=context.names.registry(service),
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
        for service, repository in self.repositories.items():
            is_allowed = address_of(EcrLifecyclePolicy, service) in allow_overwrite
            if context.is_adopted(EcrRepository, service) and not is_allowed:
                continue
            address(
                service,
                EcrLifecyclePolicy(
                    self,
                    f"{service}_lifecycle",
                    repository=repository.name,
                    policy=json.dumps(lifecycle_policy(settings)),
                ),
            )
