"""Why a stack cannot be adopted as it is. Pure: the stack that was read in, lines out.

Each of them would leave the stack half gone, or nobody's, when it lets go of its objects later.
"""

import json
from collections.abc import Iterator
from typing import Final

from common.errors import listed
from common.policy_statements import statements_of
from imports.sources.cloudformation.owners_stack import OwnersStack

# The states in which CloudFormation takes an update, which is how it lets go of an object.
_SETTLED: Final = frozenset(
    {
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
    }
)
_ALLOWS_ALL: Final = (
    '{"Statement":[{"Effect":"Allow","Action":"Update:*","Principal":"*","Resource":"*"}]}'
)
_NESTED: Final = "AWS::CloudFormation::Stack"


def why_not(stack: OwnersStack) -> list[str]:
    """Return everything that stands against adopting a deployed stack, each with what to do."""
    return [*_of_status(stack), *_of_stack(stack), *_of_drift(stack)] if stack.facts else []


def why_not_let_go(stack: OwnersStack, kept: frozenset[str], *, is_deleting: bool) -> list[str]:
    """Return everything that stands against deleting a stack whose rows `kept` stay.

    What has drifted is none of it: the platform changes what it has adopted, and CloudFormation takes back
    nothing that its template leaves as it was. `is_deleting`: a retirement has begun to delete it.
    """
    gone = [name for name in sorted(kept) if _drift(stack, name) == "DELETED"]
    return [
        *(() if is_deleting else _of_status(stack)),
        *_of_stack(stack),
        *([_gone(stack, gone)] if gone else ()),
    ]


def _of_status(stack: OwnersStack) -> Iterator[str]:
    status, name = str(stack.facts["StackStatus"]), stack.name
    if status.endswith("_IN_PROGRESS"):
        yield f"{name} is being changed ({status}): wait until CloudFormation has done, then run this again"
    elif status not in _SETTLED:
        yield (
            f"{name} is {status}: CloudFormation takes no update of it; continue or roll back what failed "
            "first (`aws cloudformation continue-update-rollback`, or `cdk deploy`)"
        )


def _of_stack(stack: OwnersStack) -> Iterator[str]:
    facts, name = stack.facts, stack.name
    if facts.get("ParentId"):
        yield f"{name} is nested in {facts['ParentId']}: name that stack, whose update would undo this one"
    nested = [row.logical_id for row in stack.rows.values() if row.type == _NESTED]
    if nested:
        yield f"{name} holds nested stacks ({listed(nested)}): their objects are theirs, name each by itself"
    if stack.exported_to:
        yield (
            f"{name} exports to {listed(stack.exported_to)}: CloudFormation does not delete it while they "
            "import from it; put the values in their place first"
        )
    if facts.get("EnableTerminationProtection"):
        yield (
            f"{name} has termination protection, so that it could not be deleted at the end: `aws "
            "cloudformation update-termination-protection --no-enable-termination-protection "
            f"--stack-name {name}`"
        )
    if stack.policy and not _allows_all(stack.policy):
        yield (
            f"{name} has a stack policy, which may forbid the update that keeps its objects. AWS takes "
            "none away: put one that allows all in its place: `aws cloudformation set-stack-policy "
            f"--stack-name {name} --stack-policy-body '{_ALLOWS_ALL}'`"
        )
    if stack.missing_role:
        yield (
            f"{name} is worked on with the role {stack.missing_role}, which is gone: make it again with "
            "CloudFormation in its trust policy, or no update and no deletion is possible"
        )
    if stack.missing_parameter:
        is_cdks = stack.missing_parameter.startswith("/cdk-bootstrap/")
        remedy = "`cdk bootstrap` makes it again" if is_cdks else "put it back into Systems Manager"
        yield (
            f"the parameter {stack.missing_parameter} that the template asks for is gone: {remedy}; without "
            "it CloudFormation takes no update"
        )


def _allows_all(policy: str) -> bool:
    """Return whether a stack policy is as good as none: it allows every update of everything."""
    try:
        (told,) = statements_of(json.loads(policy)) or []
        plain = {
            key: value[0] if isinstance(value, list) and len(value) == 1 else value
            for key, value in told.items()
        }
    except (ValueError, AttributeError):
        return False
    if plain.get("Action") == "*":
        plain["Action"] = "Update:*"
    return [plain] == statements_of(json.loads(_ALLOWS_ALL))


def _of_drift(stack: OwnersStack) -> Iterator[str]:
    name = stack.name
    drifted = [row.logical_id for row in stack.rows.values() if row.drift == "MODIFIED"]
    if drifted:
        yield (
            f"{listed(drifted)}: changed in AWS since {name} was deployed, so that its template no longer "
            "tells what is there: take the change into the CDK app and deploy it, or take it back"
        )
    gone = [row.logical_id for row in stack.rows.values() if row.drift == "DELETED"]
    if gone:
        yield _gone(stack, gone)


def _gone(stack: OwnersStack, rows: list[str]) -> str:
    return (
        f"{listed(rows)}: gone from AWS, though {stack.name} still lists them: bring them back, or take them "
        "out of the stack with `cdk deploy`"
    )


def _drift(stack: OwnersStack, logical_id: str) -> str:
    row = stack.rows.get(logical_id)
    return row.drift if row else ""
