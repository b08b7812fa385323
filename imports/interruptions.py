"""What a change in place restarts or interrupts, in words for the one who decides when to apply it. Pure."""

from aws.resources import RESOURCES
from aws.resources.row import NOTHING
from terraform.plan import AttributeChange


def interruption(type_: str, change: AttributeChange) -> str:
    """Return what the change of one attribute restarts or interrupts.

    The rows of `aws.resources` tell it.
    """
    if change.state_only:
        return NOTHING
    attribute = change.attribute.partition(".")[0].partition("[")[0]
    known = RESOURCES[type_].interrupts if type_ in RESOURCES else {}
    return known.get(attribute, known.get("*", NOTHING))
