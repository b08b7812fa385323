"""The revisions of task definitions that a stage leaves behind, and how they go."""

from collections.abc import Iterator, Mapping, Sequence

from aws.client import Clients, ask, ask_all
from common.errors import UserError
from common.progress import Progress
from ops.deployed import Deployed

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteTaskDefinitions.html
_AT_A_TIME = 10


def revisions_of(deployed: Deployed) -> list[str]:
    """Return the ARNs of all revisions of the stage's families. Raises UserError when AWS refuses."""
    return [arn for family in _families(deployed) for arn in _revisions(deployed.clients, family)]


def _revisions(clients: Clients, family: str) -> list[str]:
    return [
        arn
        for status in ("ACTIVE", "INACTIVE")
        for arn in ask_all(
            clients,
            "ecs",
            "ListTaskDefinitions",
            "taskDefinitionArns",
            familyPrefix=family,
            status=status,
        )
    ]


def tagged_revisions(clients: Clients, prefix: str, tags: Mapping[str, str]) -> list[str]:
    """Return the ARNs of all revisions of the families that begin so and have these tags."""
    families = ask_all(
        clients, "ecs", "ListTaskDefinitionFamilies", "families", familyPrefix=prefix, status="ALL"
    )
    return [
        arn
        for family in sorted(families)
        if tags.items() <= _tags(clients, family).items()
        for arn in _revisions(clients, family)
    ]


def _families(deployed: Deployed) -> Iterator[str]:
    """Yield the families of the stage's services, and of those that its file no longer has.

    Another stage's prefix may begin with this one's: the tags of a family tell whose it is.
    """
    names, tags = deployed.names, deployed.settings.default_tags
    ours = {names.service(service) for service in deployed.settings.services}
    found = deployed.ask_all(
        "ecs",
        "ListTaskDefinitionFamilies",
        "families",
        familyPrefix=names.service(""),
        status="ALL",
    )
    for family in sorted(found):
        if family in ours or (tags and tags.items() <= _tags(deployed.clients, family).items()):
            yield family


def _tags(clients: Clients, family: str) -> dict[str, str]:
    arns = _revisions(clients, family)
    if not arns:
        return {}
    answer = ask(clients, "ecs", "DescribeTaskDefinition", taskDefinition=arns[0], include=["TAGS"])
    return {tag["key"]: tag["value"] for tag in answer.get("tags", ())}


def delete_revisions(clients: Clients, revisions: Sequence[str], progress: Progress) -> None:
    """Deregister revisions, and delete them. Raises UserError for one that AWS keeps."""
    for arn in revisions:
        progress(f"deregistering {arn.rpartition('/')[2]}")
        ask(clients, "ecs", "DeregisterTaskDefinition", taskDefinition=arn)
    for start in range(0, len(revisions), _AT_A_TIME):
        progress(f"deleting {start} to {start + _AT_A_TIME} of {len(revisions)}")
        answer = ask(
            clients,
            "ecs",
            "DeleteTaskDefinitions",
            taskDefinitions=list(revisions[start : start + _AT_A_TIME]),
        )
        for failure in answer.get("failures", ()):
            raise UserError(
                f"{failure.get('arn')} was not deleted ({failure.get('reason')}): what still refers to it "
                "has to stop first; run the command again then"
            )
