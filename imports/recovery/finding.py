"""Looks for a stage's objects until AWS has finished every one of them."""

import time
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from aws.client import Clients, within
from aws.resources import RESOURCES
from aws.resources.row import Live
from common.errors import UserError
from common.progress import Progress
from imports.recovery.matching import Lister, Matcher, Matches
from imports.recovery.recorded import Recorded
from imports.recovery.recovery_stage import LostStage, held_ids
from modules.base.partition import GLOBAL_REGION
from terraform.stack import Resource

_LONGEST_WAIT_SECONDS: Final = 45 * 60
_POLL_SECONDS: Final = 10


def settled(
    stage: LostStage,
    resources: Mapping[str, Resource],
    held: Mapping[str, Mapping[str, Any]],
    recorded: Recorded,
    progress: Progress,
) -> tuple[Matches, Matcher]:
    """Match until AWS has finished everything that is found.

    Raises UserError when that takes longer than the slowest of them, a database.
    """
    deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
    while True:
        matcher = Matcher(
            resources=resources,
            held=held,
            held_ids=held_ids(stage.state),
            default_tags=stage.default_tags,
            recorded=recorded.found,
            adopted=stage.record.addresses if stage.record else frozenset(),
            lister=_listing(stage.clients, progress),
            elsewhere=_listing(within(GLOBAL_REGION, stage.clients), progress),
        )
        matches = matcher.match()
        unfinished = sorted(
            f"{address} is {live.unfinished}"
            for address, live in matches.found.items()
            if live.unfinished
        )
        if not unfinished:
            return matches, matcher
        if time.monotonic() > deadline:
            raise UserError(
                f"AWS has not finished after {_LONGEST_WAIT_SECONDS // 60} minutes: {'; '.join(unfinished)}: "
                "look at it in the console, then run the same command again"
            )
        progress(f"waiting for AWS: {'; '.join(unfinished)}")
        time.sleep(_POLL_SECONDS)


def _listing(clients: Clients, progress: Progress) -> Lister:
    told: set[str] = set()

    @cache
    def listed(type_: str, within: str) -> list[Live]:
        if type_ not in told:
            told.add(type_)
            progress(f"looking for {type_}")
        return RESOURCES[type_].listed(clients, within)

    return listed
