"""Names that a plan would give to new objects, and that objects in AWS have already.

AWS refuses a second one, or changes the first one without a word.
"""

from collections.abc import Iterator, Mapping

from aws.client import Clients
from aws.resources import RESOURCES
from aws.resources.document import Document
from aws.resources.row import Live
from common.progress import Progress
from terraform.overwrites import held_documents
from terraform.plan import Plan
from terraform.refused import Refused


def named_creates(plan: Plan) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Address, type and name of each planned create whose name is known before apply.

    The name is all that tells the object apart: a security group's begins with its network.
    """
    for change in plan.changes:
        row, after = RESOURCES.get(change.type), change.after or {}
        if row is None or not row.refuses_double or change.actions != ("create",):
            continue
        # A record that says so is written over one of the same name, on purpose.
        if (key := row.key_in(after)) and not after.get("allow_overwrite"):
            yield change.address, change.type, key


def in_the_way(
    plan: Plan, clients: Clients, *, stage: str, progress: Progress
) -> tuple[Mapping[str, Document], tuple[Refused, ...]]:
    """Return what AWS has already of what the plan creates: documents by address, and taken names.

    Raises UserError when AWS refuses to tell.
    """
    progress("looking in AWS for what a create would overwrite")
    held = held_documents(plan, clients)
    progress("looking in AWS for names that are taken")
    return held, taken_names(plan, clients, stage=stage)


def taken_names(plan: Plan, clients: Clients, *, stage: str) -> tuple[Refused, ...]:
    """Return the planned creates whose name an object in AWS has, sorted.

    Raises UserError when AWS refuses to tell.
    """
    found = []
    for address, type_, key in sorted(named_creates(plan)):
        resource = RESOURCES[type_]
        # A deleted secret keeps its name for as long as it can be restored.
        lives = resource.listed(clients, key[0], with_gone=bool(resource.deleted_on))
        existing = [each for each in lives if each.key == key]
        if existing:
            name = " ".join(key[1:] or key)
            found.append(Refused(address=address, why=_why(name, existing[0], stage=stage)))
    return tuple(found)


def _why(name: str, live: Live, *, stage: str) -> str:
    recover = f"run `python -m ops recover --stage {stage}`"
    if live.gone:
        return (
            f"{name} was deleted, and AWS keeps it and its name for some days more ({live.import_id}): bring "
            f"it back with `aws secretsmanager restore-secret --secret-id {name}` and {recover}, or choose "
            "another name"
        )
    return (
        f"{name} exists in AWS and is not in the state ({live.import_id}): where a deploy of this stage made "
        f"it, {recover}; else it is somebody's: rename or remove it, or import it with `terraform import`"
    )
