"""The keys that programs read of what `--json` prints, and whether an answer has them.

`a.b` is a key in an object, `a[].b` in each of a list, `a.*.b` in each value of a mapping of free names. A
key whose parent is null or empty cannot be there.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from tests.contract.tables import table

KEYS: dict[str, list[str]] = table("json_keys")
_SEGMENT = re.compile(r"\[\]|[^.\[\]]+")
_WITHOUT_A_BUCKET = "ops state bootstrap, without a bucket"


def check(command_line: str, arguments: Sequence[object], printed: str) -> None:
    """Assert that what `python -m COMMAND_LINE ARGUMENTS` printed has every key that it had.

    It says nothing of a command that was not asked for JSON, or that ended in an error and printed none.
    """
    if "--json" not in arguments or not printed:
        return
    typed = " ".join(map(str, (command_line, *arguments)))
    (command, *_) = sorted(
        (each for each in KEYS if f"{typed} ".startswith(f"{each} ")), key=len, reverse=True
    )
    if command == "ops logs":
        documents = [json.loads(line) for line in printed.splitlines()]
    else:
        documents = [json.loads(printed)]
    if command == "ops cost" and "--compare" in arguments:
        command = "ops cost --compare"
    if command in {"imports retire", "imports rollback"} and "--cloudformation" in arguments:
        command = f"{command}, of a stack"
    if command == "ops state bootstrap" and documents[0].get("bucket") is None:
        command = _WITHOUT_A_BUCKET
    for document in documents:
        gone = lacking(document, KEYS[command])
        assert not gone, f"`python -m {typed}` no longer prints {gone}"


def lacking(document: Any, keys: Sequence[str]) -> list[str]:
    """Return the keys that the document should have, and has not."""
    return [key for key in keys if _lacks(document, _SEGMENT.findall(key))]


def _lacks(value: Any, segments: Sequence[str]) -> bool:
    if value is None or not segments:
        return False
    first, *rest = segments
    if first == "[]":
        return any(_lacks(each, rest) for each in value)
    if first == "*":
        return any(_lacks(each, rest) for each in value.values())
    return first not in value or _lacks(value[first], rest)
