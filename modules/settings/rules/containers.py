"""What a container's variable cannot be called."""

import re

from modules.settings.characters import unseen_character
from modules.settings.rules.refusal import Refusal
from modules.settings.rules.texts import without

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
        return without(unseen)
    if name.upper() not in _OF_ECS:
        return None
    return Refusal(
        allowed="a variable that ECS does not set itself",
        remedy="leave it out, for the task has it",
    )
