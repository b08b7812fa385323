"""What a container's environment cannot hold."""

import re

from modules.settings.characters import pasted_by_mistake, unseen_character
from modules.settings.rules.refusal import Refusal

# What ECS itself sets in each task: where the task's role and its own description are told.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html
_OF_ECS = frozenset(
    {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_EXECUTION_ENV",
        "ECS_AGENT_URI",
        "ECS_CONTAINER_METADATA_URI",
        "ECS_CONTAINER_METADATA_URI_V4",
    }
)
# POSIX lets a name hold anything but "=" and NUL; white space in it is a slip.
_NAME = re.compile(r"[^\s=\x00-\x1f\x7f]+")


def variable_name(name: str) -> Refusal | None:
    """Refuse what is no name of a variable, and what ECS sets itself."""
    if not _NAME.fullmatch(name):
        return Refusal(
            allowed='a variable\'s name, without spaces and "="',
            remedy="write it as in LOG_LEVEL",
        )
    unseen = unseen_character(name)
    if unseen:
        return _of_unseen(unseen)
    if name.upper() not in _OF_ECS:
        return None
    return Refusal(
        allowed="a variable that ECS does not set itself",
        remedy="leave it out, for the task has it",
    )


def variable_value(value: str) -> Refusal | None:
    """Refuse a character that nobody sees in an ASCII text: it came along when the text was pasted."""
    unseen = pasted_by_mistake(value)
    return _of_unseen(unseen) if unseen else None


def _of_unseen(unseen: str) -> Refusal:
    return Refusal(
        allowed="text of characters that one can see", remedy=f"type it anew, without {unseen}"
    )
