"""A runbook as a command: steps that are shown, agreed to and done in order, each of which knows if it is.

What is done is asked of AWS and never kept here. So whatever ends it between two steps, the same command
goes on with the first that is not done.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import typer

from common.screen import ASKS_FOR_A_PERSON, print_json, progress_on_screen, say


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: what it does, whether that is done, and how it is done. `asks` stops before it for a look."""

    title: str
    is_done: Callable[[], bool]
    do: Callable[[], None]
    asks: str = ""


def follow(steps: Sequence[Step], *, question: str, yes: bool, as_json: bool) -> list[str]:
    """Do what is not done, and return the titles of what was done now.

    Raises Exit with code 2 where nobody agrees, or nobody is there to be asked.
    """
    with progress_on_screen(as_json) as progress:
        progress("looking at what is done")
        left = [step for step in steps if not step.is_done()]
    if not as_json:
        for step in steps:
            say(f"{'to do' if step in left else 'done '}  {step.title}")
    done: list[str] = []
    if left:
        _agree(question, done, left, yes=yes, as_json=as_json)
    for number, step in enumerate(left):
        if step.asks and number:
            _agree(step.asks, done, left[number:], yes=yes, as_json=as_json)
        with progress_on_screen(as_json) as progress:
            progress(step.title)
            if not step.is_done():
                step.do()
        done.append(step.title)
    return done


def _agree(
    question: str, done: Sequence[str], left: Sequence[Step], *, yes: bool, as_json: bool
) -> None:
    if yes:
        return
    if not as_json and sys.stdin.isatty() and sys.stdout.isatty():
        try:
            if typer.confirm(question, err=True):
                return
        except typer.Abort:
            if not done:
                raise
            # What was done by then stays.
            raise KeyboardInterrupt from None
        say("stopped there; the same command goes on")
        raise typer.Exit(ASKS_FOR_A_PERSON)
    if as_json:
        print_json({"done": done, "left": [step.title for step in left]})
    else:
        say("not a terminal: pass --yes")
    raise typer.Exit(ASKS_FOR_A_PERSON)
