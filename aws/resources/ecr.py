"""Images."""

from typing import Any, Final

from aws.resources.call import Call
from aws.resources.row import Resource, switched_off


def _no_longer_fixed(before: Any, after: Any) -> bool:
    return bool(before == "IMMUTABLE" and after != "IMMUTABLE")


ECR: Final = (
    Resource(
        type="aws_ecr_repository",
        label="repository",
        key=("name",),
        refuses_double=True,
        attributes={
            "id": "repositoryName",
            "name": "repositoryName",
            "arn": "repositoryArn",
            "repository_url": "repositoryUri",
        },
        import_id="{name}",
        listing=Call(
            "ecr",
            "DescribeRepositories",
            "repositories",
            {"repositoryNames": ["{}"]},
            absent=frozenset({"RepositoryNotFoundException"}),
        ),
        holds_data=True,
        kept_in_state={"force_delete": None},
        state_changes={"force_delete": switched_off},
        identity=("encryption_configuration", "name", "tags"),
        settings=("image_scanning_configuration", "image_tag_mutability"),
        chosen={"image_tag_mutability": _no_longer_fixed},
    ),
)
