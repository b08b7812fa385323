"""What a stage's services have run, since when, and who asked for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from aws.client import ask_unless
from ops.deployed import Deployed

_NO_SERVICE = frozenset({"ServiceNotFoundException", "ClusterNotFoundException"})
_NO_IMAGE = frozenset({"ImageNotFoundException", "RepositoryNotFoundException"})
_MOST_AT_ONCE = 20
# A deploy registers all of its task definitions within minutes, a first one within a quarter of an hour.
_ONE_DEPLOY: Final = timedelta(minutes=20)

Outcome = Literal["done", "under way", "failed", "unknown"]
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeploymentBrief.html
_OUTCOMES: Final[Mapping[str, Outcome]] = {
    "SUCCESSFUL": "done",
    "PENDING": "under way",
    "IN_PROGRESS": "under way",
    "STOPPED": "failed",
    "STOP_REQUESTED": "failed",
    "ROLLBACK_REQUESTED": "failed",
    "ROLLBACK_IN_PROGRESS": "failed",
    "ROLLBACK_SUCCESSFUL": "failed",
    "ROLLBACK_FAILED": "failed",
}


@dataclass(frozen=True, kw_only=True)
class Ran:
    """One image that a service was to run. `digest` is None where nobody can tell it any more."""

    service: str
    task_definition: str
    image: str
    digest: str | None
    at: datetime
    by: str
    outcome: Outcome

    @property
    def tag(self) -> str:
        """The image's tag; empty for one that is named by its digest."""
        return self.image.rpartition("/")[2].partition("@")[0].partition(":")[2]


@dataclass(frozen=True, kw_only=True)
class Release:
    """What one deploy changed, and what every service was to run after it; `id` is its moment in UTC."""

    id: str
    at: datetime
    by: str
    changed: tuple[str, ...]
    services: tuple[Ran, ...]

    @property
    def outcome(self) -> Outcome:
        """How it ended: as the worst of its services did."""
        outcomes = [each.outcome for each in self.services if each.service in self.changed]
        for worst in ("failed", "under way", "unknown"):
            if worst in outcomes:
                return worst
        return "done"

    def images(self) -> dict[str, tuple[str, str | None]]:
        """Return the tag and digest of each service."""
        return {each.service: (each.tag, each.digest) for each in self.services}


def releases(deployed: Deployed, *, last: int) -> tuple[Release, ...]:
    """Return what ran, the newest first, from the newest `last` revisions of each service.

    Raises UserError when AWS refuses.
    """
    found = [
        each
        for service in deployed.settings.services
        for each in _of_service(deployed, service, last=last)
    ]
    return tuple(reversed(list(grouped(found))))


def grouped(found: Sequence[Ran]) -> Iterator[Release]:
    """Yield releases, the oldest first: what one person registered within minutes is one."""
    present: dict[str, Ran] = {}
    group: list[Ran] = []
    for each in [*sorted(found, key=lambda one: (one.at, one.service)), None]:
        if each is None or (group and not _belongs(each, group)):
            if group:
                present |= {one.service: one for one in group}
                yield _release(group, present)
            group = []
        if each is not None:
            group.append(each)


def _belongs(each: Ran, group: Sequence[Ran]) -> bool:
    return (
        each.by == group[0].by
        and each.at - group[-1].at <= _ONE_DEPLOY
        and each.service not in {one.service for one in group}
    )


def _release(group: Sequence[Ran], present: Mapping[str, Ran]) -> Release:
    return Release(
        id=group[0].at.strftime("%Y%m%d-%H%M%S"),
        at=group[0].at,
        by=group[0].by,
        changed=tuple(each.service for each in group),
        services=tuple(present[name] for name in sorted(present)),
    )


def _of_service(deployed: Deployed, service: str, *, last: int) -> Iterator[Ran]:
    """Yield each image that a service was to run, once for each time in a row."""
    family = deployed.names.service(service)
    arns = deployed.ask_all("ecs", "ListTaskDefinitions", "taskDefinitionArns", familyPrefix=family)
    newest = sorted(arns, key=lambda arn: int(arn.rpartition(":")[2]), reverse=True)[:last]
    history = _deployments(deployed, family, last=last)
    for arn in newest:
        definition = deployed.ask("ecs", "DescribeTaskDefinition", taskDefinition=arn)[
            "taskDefinition"
        ]
        image = next(
            each["image"] for each in definition["containerDefinitions"] if each["name"] == service
        )
        made = {
            "service": service,
            "task_definition": arn.rpartition("/")[2],
            "image": image,
            "by": str(definition.get("registeredBy", "")),
        }
        deployments = history.get(arn, ())
        if not deployments:
            at = definition["registeredAt"]
            digest = _digest_by_tag(deployed, service, image, at)
            yield Ran(**made, digest=digest, at=at, outcome="unknown")
        before: list[str | None] = []
        for at, outcome, digests in deployments:
            digest = digests.get(service) or _digest_by_tag(deployed, service, image, at)
            # A restart with the same image is no release.
            if before != [digest]:
                yield Ran(**made, digest=digest, at=at, outcome=outcome)
            before = [digest]


def _deployments(
    deployed: Deployed, name: str, *, last: int
) -> dict[str, list[tuple[datetime, Outcome, dict[str, str]]]]:
    """Return when each task definition was deployed, and with which digests, the oldest first."""
    answer = deployed.ask_unless(
        "ecs", "ListServiceDeployments", _NO_SERVICE, cluster=deployed.names.cluster, service=name
    )
    listed = (answer or {}).get("serviceDeployments", [])[: 2 * last]
    arns = [each["targetServiceRevisionArn"] for each in listed]
    revisions: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(arns), _MOST_AT_ONCE):
        for each in deployed.ask(
            "ecs",
            "DescribeServiceRevisions",
            serviceRevisionArns=arns[start : start + _MOST_AT_ONCE],
        )["serviceRevisions"]:
            revisions[each["serviceRevisionArn"]] = each
    found: dict[str, list[tuple[datetime, Outcome, dict[str, str]]]] = {}
    for each in reversed(listed):
        revision = revisions.get(each["targetServiceRevisionArn"])
        if revision is None:
            continue
        digests = {
            image["containerName"]: image["imageDigest"]
            for image in revision.get("containerImages", ())
            if image.get("imageDigest")
        }
        found.setdefault(revision["taskDefinition"], []).append(
            (each["createdAt"], _OUTCOMES.get(each["status"], "unknown"), digests)
        )
    return found


def _digest_by_tag(deployed: Deployed, service: str, image: str, at: datetime) -> str | None:
    """Return what the registry has under the tag, unless it was pushed later than it was asked for."""
    if "@" in image:
        return image.partition("@")[2]
    if not deployed.settings.services[service].has_own_image:
        return None
    found = image_of_tag(deployed, service, image.rpartition(":")[2])
    return str(found["imageDigest"]) if found and found["imagePushedAt"] <= at else None


def image_of_tag(deployed: Deployed, service: str, tag: str) -> Mapping[str, Any] | None:
    """Return what a service's registry holds under a tag, or a digest; None for nothing."""
    which = {"imageDigest": tag} if tag.startswith("sha256:") else {"imageTag": tag}
    answer = ask_unless(
        deployed.registry_clients,
        "ecr",
        "DescribeImages",
        _NO_IMAGE,
        **deployed.registry_id,
        repositoryName=deployed.registry(service),
        imageIds=[which],
    )
    if not answer or not answer["imageDetails"]:
        return None
    found: Mapping[str, Any] = answer["imageDetails"][0]
    return found
