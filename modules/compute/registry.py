"""The registries of the images that the project builds."""

import json
from collections.abc import Mapping, Sequence, Set

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
from modules.security import policies
from modules.settings import stage_settings as s
from modules.settings.shared_registry import SharedRegistry, SharedRepository


class Registries(Construct):
    """One ECR repository per service with an image of its own, each image scanned when pushed.

    `services` are those with the last part of the registry's name, which a service that was renamed keeps.
    `left_out` are registries of services that the stage has no more: they stay as long as they may not be
    destroyed.

    A stage with `shared` ones makes none, and pulls from those; accounts in `shared_with` may pull from here.

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
        services: Mapping[str, str],
        left_out: Sequence[str],
        allow_overwrite: Set[str],
        shared: SharedRegistry | None,
    ) -> None:
        super().__init__(scope, id_)
        encryption = (
            [EcrRepositoryEncryptionConfiguration(encryption_type="KMS", kms_key=context.key_arn)]
            if context.key_arn
            else None
        )
        stay = [each for each in left_out if context.guard.refuses(EcrRepository, each)]
        registries = {
            registry: context.guard.address(registry, EcrRepository)(
                self,
                registry,
                name=context.names.registry(registry),
                # A deployment may move a tag such as `latest`; releases are tagged by commit.
                image_tag_mutability="MUTABLE",
                image_scanning_configuration=EcrRepositoryImageScanningConfiguration(
                    scan_on_push=True
                ),
                encryption_configuration=encryption,
                force_delete=not context.retain_data,
            )
            for registry in dict.fromkeys([*([] if shared else services.values()), *stay])
        }
        self.repositories: dict[str, EcrRepository | SharedRepository] = {
            service: shared.repository(registry) if shared else registries[registry]
            for service, registry in services.items()
        }
        if settings.shared_with:
            self._share(registries, settings.shared_with, context)
        for registry, repository in registries.items():
            is_allowed = address_of(EcrLifecyclePolicy, registry) in allow_overwrite
            if context.is_adopted(EcrRepository, registry) and not is_allowed:
                continue
            address(registry, EcrLifecyclePolicy)(
                self,
                f"{registry}_lifecycle",
                repository=repository.name,
                policy=json.dumps(lifecycle_policy(settings)),
            )

    def _share(
        self, registries: Mapping[str, EcrRepository], accounts: Sequence[str], context: Context
    ) -> None:
        """Let other accounts pull; who there may is that account's to say."""
        # Only now: no other stage waits for its import.
        from cdktf_cdktf_provider_aws.ecr_repository_policy import (  # noqa: PLC0415
            EcrRepositoryPolicy,
        )

        for registry, repository in registries.items():
            address(registry, EcrRepositoryPolicy)(
                self,
                f"{registry}_policy",
                repository=repository.name,
                policy=json.dumps(policies.shared_repository_policy(accounts, context.region)),
            )
