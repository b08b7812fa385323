"""`logs`: what a service's containers have written, from CloudWatch Logs."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from common.errors import UserError
from common.screen import AsJson, Stage, print_json_line, say, tell
from modules.settings.services import DATABASE_TASK
from ops.deployed import chosen_services, local_time, open_stage
from ops.facts.logs import LogLine, read_logs

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
# Before 1970 AWS knows no time, and ten years are what CloudWatch keeps at most.
_LONGEST = timedelta(days=3653)
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def logs(
    service: Annotated[
        str | None, typer.Argument(help="a service, as in modules/settings/services.toml")
    ] = None,
    *,
    stage: Stage = "prod",
    since: Annotated[str, typer.Option(help="how far back: 90s, 30m, 1h, 2d")] = "1h",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="go on until Ctrl-C")] = False,
    every: Annotated[bool, typer.Option("--all", help="all services, line by line")] = False,
    grep: Annotated[
        str | None,
        typer.Option(help="only lines in which this regular expression is found, as in '5\\d\\d'"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print a service's log, in this machine's time zone; with --json one object per line.

    Example: `python -m ops logs functions --stage prod --since 30m --follow`,
    `python -m ops logs --all --grep 'timeout|refused' --stage prod`
    """
    start = datetime.now(UTC) - duration(since)
    wanted = _pattern(grep)
    deployed = open_stage(stage)
    if (service is None) != every:
        raise UserError("whose log: allowed: one service, or --all in its place")
    services = [service] if service else list(deployed.settings.services)
    if service != DATABASE_TASK:
        chosen_services(deployed.settings, services)
    found = 0
    try:
        for name, line in read_logs(deployed, services, start=start, follow=follow):
            if wanted and not wanted.search(_ESCAPES.sub("", line.message)):
                continue
            found += 1
            if as_json:
                print_json_line(_for_programs(name, line))
            else:
                say(_for_people(line, name if every else ""))
    except KeyboardInterrupt:
        if not follow:
            raise
    if not found and not follow:
        what = f"no line with {grep}" if grep else "nothing"
        whose = f"{service} has" if service else "all services have"
        tell(f"{whose} written {what} in the last {since}: look further back with --since 1d")


def duration(text: str) -> timedelta:
    """Parse `90s`, `30m`, `1h` or `2d`. Raises UserError for anything else, and for more than ten years."""
    match = re.fullmatch(r"([1-9]\d{0,5})([smhd])", text)
    if not match:
        raise UserError(
            f"--since {text}: allowed: a whole number and s, m, h or d, as in 90s, 30m, 1h, 2d"
        )
    found = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if found > _LONGEST:
        raise UserError(f"--since {text}: allowed: at most {_LONGEST.days}d: no log is kept longer")
    return found


def _pattern(grep: str | None) -> re.Pattern[str] | None:
    try:
        return re.compile(grep) if grep else None
    except re.error as error:
        raise UserError(
            f"--grep {grep}: no regular expression ({error}): put a backslash before what is meant literally"
        ) from None


def _for_people(line: LogLine, service: str = "") -> str:
    """Leave out a container's colours: escaped, they would hide the words."""
    text = _ESCAPES.sub("", line.message.rstrip())
    task = line.stream.rpartition("/")[2][:8]
    return f"{local_time(line.time)} {f'{service} ' if service else ''}{task} {text}"


def _for_programs(service: str, line: LogLine) -> dict[str, str]:
    return {
        "time": line.time.isoformat(),
        "service": service,
        "stream": line.stream,
        "message": line.message,
    }
