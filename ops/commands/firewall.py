"""`firewall`: what rules that only count would have blocked, from the firewall's log."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from common.screen import AsJson, Stage, print_json, print_table, say
from modules.settings.rules.firewall import COUNTED
from ops.commands.logs import duration
from ops.deployed import local_time, open_stage
from ops.facts.firewall import by_rule, firewall_matches


def firewall(
    stage: Stage = "prod",
    since: Annotated[str, typer.Option(help="how far back: 90s, 30m, 1h, 2d")] = "7d",
    as_json: AsJson = False,
) -> None:
    """Show what each rule of the web firewall blocked, or would have blocked if it did not only count.

    A rule that would have blocked nobody's work may block: `firewall_blocks` in `[security]`.

    Example: `python -m ops firewall --stage prod --since 2d`
    """
    deployed = open_stage(stage)
    found = by_rule(firewall_matches(deployed, start=datetime.now(UTC) - duration(since)))
    if as_json:
        print_json({"since": since, "rules": found})
        return
    if found:
        print_table(
            ("rule", "would have blocked", "blocked", "addresses", "most at", "latest"),
            [
                (
                    each.rule,
                    each.would_have_blocked,
                    each.blocked,
                    each.addresses,
                    each.most_at,
                    local_time(each.latest),
                )
                for each in found
            ],
        )
    quiet = sorted(set(COUNTED) - {each.rule for each in found})
    blocks = deployed.settings.security.firewall_blocks
    say(f"in the last {since}; rules that matched nothing: {', '.join(quiet) or 'none'}")
    say(f"firewall_blocks = {list(blocks)} in [security] of stages/{stage}.toml")
