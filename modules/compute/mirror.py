"""The stage's own copies of third parties' images: the registries, and what is pulled from them."""

from collections.abc import Iterable, Sequence

from cdktf_cdktf_provider_aws.ecr_repository import (
    EcrRepository,
    EcrRepositoryEncryptionConfiguration,
    EcrRepositoryImageScanningConfiguration,
)
from constructs import Construct

from modules.base.address import address
from modules.context import Context
from modules.settings.mirrored import PinnedCopy


class Mirror(Construct):
    """One ECR repository for each image of others; `used` says whether tasks pull from there.

    They go with the stage, whatever it retains: what is in them is there where it came from.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        images: Sequence[PinnedCopy],
        used: bool,
    ) -> None:
        super().__init__(scope, id_)
        encryption = (
            [EcrRepositoryEncryptionConfiguration(encryption_type="KMS", kms_key=context.key_arn)]
            if context.key_arn
            else None
        )
        # Two versions of one image share a repository.
        repositories = {
            label: address(f"mirror_{label}", EcrRepository)(
                self,
                label,
                name=copy.repository_name(context.names.prefix),
                image_tag_mutability="MUTABLE",
                image_scanning_configuration=EcrRepositoryImageScanningConfiguration(
                    scan_on_push=True
                ),
                encryption_configuration=encryption,
                force_delete=True,
            )
            for label, copy in {copy.label: copy for copy in images}.items()
        }
        self._used = {copy.image: (copy, repositories[copy.label]) for copy in images if used}

    def image(self, image: str) -> str:
        """Return where a task pulls `image` from."""
        if image not in self._used:
            return image
        copy, repository = self._used[image]
        return f"{repository.repository_url}{copy.version}"

    def repository_arns(self, images: Iterable[str]) -> list[str]:
        """Return the repositories that a task with these images pulls from, each once."""
        used = (self._used[image][1].arn for image in images if image in self._used)
        return list(dict.fromkeys(used))
