"""How the objects of a stage without default tags are told from others': never by a likeness alone. Pure.

An adopted stage has none, for its objects keep the tags that they were found with. What has a name of its own
in AWS is told by that, and these rules are for the rest.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from aws.resources.row import Live
from modules.settings.stage_settings import stage_defaults
from terraform.resolving import Known, text
from terraform.stack import Resource

# Which stage an object is of, where that stage has tags: then it is none of one without.
_OF_A_STAGE: Final = frozenset(stage_defaults("any", chosen={})["default_tags"])  # type: ignore[call-overload]  # a mapping


def is_told(
    planned: Resource, live: Live, *, known: Known, exists: Callable[[str, str], bool]
) -> bool:
    """Return whether an object with a resource's key can only be this stage's.

    It is alone within what is this stage's; or an object that says by its name that it is this stage's has it
    in use (`exists` knows these, by type and import id); or it has the tags that the configuration gives it.
    """
    return (
        live.tags is None
        or live.alone
        or any(exists(type_, id_) for type_, id_ in live.tied_to)
        or _has_tags(planned.attributes.get("tags"), live.tags, known)
    )


def _has_tags(configured: Any, tags: Mapping[str, str], known: Known) -> bool:
    if not isinstance(configured, Mapping) or not configured:
        return False
    ours = {key: text(value, known) for key, value in configured.items()}
    return ours.items() <= tags.items() and not (_OF_A_STAGE & tags.keys() - ours.keys())
