"""Another image for a service that runs: under which tag, and at once where that is asked for."""

from collections.abc import Mapping
from typing import Any, Final

from common.errors import UserError
from modules.settings.shared_registry import shared_registry
from ops.deployed import Deployed
from ops.facts.releases import image_of_tag
from ops.tasks.one_off import existing_service

# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html
_MANIFESTS: Final = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
)
# What DescribeTaskDefinition tells beside what RegisterTaskDefinition takes.
_TOLD: Final = frozenset(
    {
        "taskDefinitionArn",
        "revision",
        "status",
        "requiresAttributes",
        "compatibilities",
        "registeredAt",
        "registeredBy",
        "deregisteredAt",
        "deleteRequestedAt",
    }
)


def tag_of(deployed: Deployed, service: str, tag: str, digest: str | None) -> str:
    """Return a tag of the image that `tag` was when it had the digest: another one, where it has moved.

    Raises UserError where nobody can tell which image it was, and where the registry no longer has it.
    """
    present = image_of_tag(deployed, service, tag)
    if digest is None:
        raise UserError(
            f"{service}: the tag {tag} has been pushed again since, and ECS no longer tells which image it "
            f"was: name another release (`python -m ops releases --stage {deployed.settings.stage}`)"
        )
    if present and present["imageDigest"] == digest:
        return tag
    found = image_of_tag(deployed, service, digest)
    if found is None:
        raise UserError(
            f"{service}: the image {digest} is no longer in its registry, which keeps what has no tag for "
            f"{deployed.settings.images.untagged_days} days: build it again from its commit"
        )
    if found.get("imageTags"):
        return str(found["imageTags"][0])
    if shared_registry(deployed.settings):
        raise UserError(
            f"{service}: the image {digest} has no tag any more, and its registry is another stage's: give "
            "it a tag there, and name that"
        )
    own = f"was-{digest.removeprefix('sha256:')[:12]}"
    repository = deployed.registry(service)
    (image,) = deployed.ask(
        "ecr",
        "BatchGetImage",
        repositoryName=repository,
        imageIds=[{"imageDigest": digest}],
        acceptedMediaTypes=list(_MANIFESTS),
    )["images"]
    deployed.ask(
        "ecr",
        "PutImage",
        repositoryName=repository,
        imageManifest=image["imageManifest"],
        imageTag=own,
        **(
            {"imageManifestMediaType": image["imageManifestMediaType"]}
            if image.get("imageManifestMediaType")
            else {}
        ),
    )
    return own


def run_at_once(deployed: Deployed, service: str, tag: str) -> str | None:
    """Let a service run its image of this tag: all else of its task stays. Return the new revision.

    None where it runs that already. The next deploy registers a revision of its own, with the same image.

    Raises UserError where the service does not exist and when AWS refuses.
    """
    existing = existing_service(deployed, service)
    answer = deployed.ask(
        "ecs", "DescribeTaskDefinition", taskDefinition=existing["taskDefinition"], include=["TAGS"]
    )
    definition = answer["taskDefinition"]
    containers = [_with_tag(each, service, tag) for each in definition["containerDefinitions"]]
    if containers == definition["containerDefinitions"]:
        return None
    registered = deployed.ask(
        "ecs",
        "RegisterTaskDefinition",
        **{name: value for name, value in definition.items() if name not in _TOLD}
        | {"containerDefinitions": containers}
        | ({"tags": answer["tags"]} if answer.get("tags") else {}),
    )["taskDefinition"]["taskDefinitionArn"]
    deployed.ask(
        "ecs",
        "UpdateService",
        cluster=deployed.names.cluster,
        service=deployed.names.ecs_service(service),
        taskDefinition=registered,
    )
    return str(registered).rpartition("/")[2]


def _with_tag(container: Mapping[str, Any], service: str, tag: str) -> Mapping[str, Any]:
    if container["name"] != service:
        return container
    head, slash, last = container["image"].partition("@")[0].rpartition("/")
    return {**container, "image": f"{head}{slash}{last.partition(':')[0]}:{tag}"}
