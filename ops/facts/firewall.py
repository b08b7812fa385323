"""What the firewall's log tells: the requests that rules which only count would have blocked."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aws.client import asking, client_of, within
from common.errors import UserError
from modules.base.partition import GLOBAL_REGION
from ops.deployed import Deployed


@dataclass(frozen=True, kw_only=True)
class Match:
    """One request that one rule matched; `blocked` where some rule ended it."""

    rule: str
    time: datetime
    method: str
    path: str
    address: str
    blocked: bool


@dataclass(frozen=True, kw_only=True)
class RuleFacts:
    """What one rule matched: how often, of how many addresses, where most, and when last."""

    rule: str
    would_have_blocked: int
    blocked: int
    addresses: int
    most_at: str
    latest: datetime


def firewall_matches(deployed: Deployed, *, start: datetime) -> Iterator[Match]:
    """Yield the matches since `start`. Raises UserError without a log and when AWS refuses."""
    # CloudFront's firewall, and its log with it, is in one region wherever the stage is.
    clients = deployed.clients
    if deployed.settings.front:
        clients = within(GLOBAL_REGION, clients)
    client = client_of(clients, "logs")
    group = deployed.names.web_firewall_log_group
    with asking("logs:FilterLogEvents"):
        try:
            for page in client.get_paginator("filter_log_events").paginate(
                logGroupName=group, startTime=int(start.timestamp() * 1000)
            ):
                for event in page["events"]:
                    yield from matches_of(event["message"])
        except client.exceptions.ResourceNotFoundException:
            raise UserError(
                f"there is no log group {group}: the stage has a firewall where its file says web_firewall = "
                "true in [security] and it is deployed"
            ) from None


def matches_of(message: str) -> list[Match]:
    """Return what the rules matched in one record of the log; none of a text that is no record.

    https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html
    """
    try:
        record = json.loads(message)
        request, blocked = record["httpRequest"], record["action"] == "BLOCK"
        when = datetime.fromtimestamp(record["timestamp"] / 1000, UTC)
    except (KeyError, TypeError, ValueError):
        return []
    return [
        Match(
            rule=rule,
            time=when,
            method=str(request.get("httpMethod", "")),
            path=str(request.get("uri", "")),
            address=str(request.get("clientIp", "")),
            blocked=blocked,
        )
        for rule in sorted(_rules(record))
    ]


def _rules(record: Mapping[str, Any]) -> set[str]:
    """Return the rules that matched: within groups, and of the firewall's own."""
    found = {each["ruleId"] for each in record.get("nonTerminatingMatchingRules") or ()}
    for group in record.get("ruleGroupList") or ():
        counted = group.get("nonTerminatingMatchingRules") or ()
        excluded = group.get("excludedRules") or ()
        found |= {each["ruleId"] for each in (*counted, *excluded)}
        found |= {each["ruleId"] for each in [group.get("terminatingRule")] if each}
    ended_by = record.get("terminatingRuleId")
    # A group's own name and the default action say nothing of which rule it was.
    if record["action"] == "BLOCK" and record.get("terminatingRuleType") == "RATE_BASED":
        found.add(str(ended_by))
    return {str(each) for each in found}


def by_rule(matches: Iterable[Match]) -> list[RuleFacts]:
    """Sum up by rule, those that would have blocked most first."""
    grouped: dict[str, list[Match]] = {}
    for match in matches:
        grouped.setdefault(match.rule, []).append(match)
    found = [
        RuleFacts(
            rule=rule,
            would_have_blocked=sum(not each.blocked for each in of),
            blocked=sum(each.blocked for each in of),
            addresses=len({each.address for each in of}),
            most_at=Counter(f"{each.method} {each.path}" for each in of).most_common(1)[0][0],
            latest=max(each.time for each in of),
        )
        for rule, of in grouped.items()
    ]
    return sorted(found, key=lambda each: (-each.would_have_blocked, -each.blocked, each.rule))
