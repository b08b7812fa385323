"""The lines that ask for a person: each names the objects, and what to do. Pure."""

from collections.abc import Mapping
from pathlib import Path

from imports.recovery.matching import Ambiguity
from terraform.import_plan import ReadObject


def ambiguous(each: Ambiguity) -> str:
    """Of objects that all have the stage's tags."""
    return (
        f"{each.address} could be any of {', '.join(each.import_ids)}: take the stage's tags off those that "
        "are not, and delete none before you know what is in it"
    )


def undecided(each: Ambiguity, folder: Path) -> str:
    """Of objects that nothing marks as this stage's; `folder` is the synthesized stack's."""
    objects = " or ".join(each.import_ids)
    which = each.import_ids[0] if len(each.import_ids) == 1 else "ID"
    return (
        f"{each.address} could be {objects}, and nothing says that it is this stage's: if it "
        f"is, run `terraform import {each.address} {which}` in {folder} and recover again; if not, the "
        "next deploy makes one of its own"
    )


def waiting(address: str) -> str:
    """Of an object that the next deploy would replace as long as something undecided is not in the state."""
    return f"{address} stands, and comes back after what it stands on"


def of_others(
    objects: Mapping[str, ReadObject], default_tags: Mapping[str, str], *, stage: str
) -> list[str]:
    """A name is not enough where a tag says that the object is another stage's."""
    found = []
    for address, each in sorted(objects.items()):
        tags = each.attributes.get("tags_all") or {}
        ours = default_tags or _as_of_a_stage(tags, stage)
        other = [f"{key}={tags[key]}" for key in ours if tags.get(key, ours[key]) != ours[key]]
        if other:
            found.append(
                f"{address}: {each.attributes.get('id')} has tags of something else ({', '.join(other)}): "
                "rename one of the two, or correct its tags"
            )
    return found


def _as_of_a_stage(tags: Mapping[str, str], stage: str) -> dict[str, str]:
    """What an object's tags would be, were it of this stage and tagged by default.

    A stage without default tags has nothing to compare with; `Stage` alone may be anybody's word.
    """
    return {"Stage": stage} if tags.get("ManagedBy") == "cdktf" else {}
