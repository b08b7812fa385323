"""What a Dockerfile copies from outside its build context, before an engine is asked to build it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_COPIES = re.compile(r"(?:COPY|ADD)\s", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Outside:
    """One source that leads out of the context, and the line that names it."""

    line: int
    source: str


def copied_from_outside(text: str, context: Path) -> list[Outside]:
    """Return what the Dockerfile `text` copies from above its context, and is not found within.

    Engines read `../x` as `x`: where the context has it, that is what they copy.
    """
    return [
        Outside(line=number, source=source)
        for number, instruction in _instructions(text)
        if _COPIES.match(instruction)
        for source in _sources(instruction)
        if source.split("/")[0] == ".." and not (context / _within(source)).exists()
    ]


def _instructions(text: str) -> Iterator[tuple[int, str]]:
    """Yield each instruction on one line, with the number of its first."""
    begun, number = "", 0
    for at, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#"):
            continue
        number = number if begun else at
        begun += line.strip().removesuffix("\\")
        if not line.rstrip().endswith("\\"):
            yield number, begun
            begun = ""


def _sources(instruction: str) -> list[str]:
    words = instruction.split()[1:]
    if any(word.startswith("--from=") for word in words):
        return []
    words = [word for word in words if not word.startswith("--")]
    if words and words[0].startswith("["):
        try:
            words = [str(each) for each in json.loads(" ".join(words))]
        except ValueError:
            return []
    return words[:-1]


def _within(source: str) -> str:
    kept: list[str] = []
    for part in PurePosixPath(source).parts:
        if part == "..":
            kept = kept[:-1]
        else:
            kept.append(part)
    return "/".join(kept)
