"""The frozen tables, read."""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
V0 = HERE / "v0"


def table(name: str) -> Any:
    """Return a table, in which no key may be given twice."""
    return json.loads((HERE / f"{name}.json").read_text(), object_pairs_hook=_without_doubles)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"given twice: {names}"
    return dict(pairs)
