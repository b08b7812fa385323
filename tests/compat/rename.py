"""Writes a way's names into a working tree: `python -m tests.compat.rename terrain`. Commit before."""

import os
import sys
from pathlib import Path

from tests.compat.ways import WAYS, Way

PROJECT = Path(__file__).resolve().parent.parent.parent
_TEXTS = frozenset({"", ".py", ".js", ".json", ".toml"})
# What the set-up and runs have made, and what says both names.
_PASSED_OVER = frozenset({"node_modules", "cdktf.out", "__pycache__"})
_BOTH = ("tests", "compat")


def rename(tree: Path, way: Way) -> tuple[int, int]:
    """Rewrite the sources below `tree`; return how many files and lines differ."""
    files = lines = 0
    for folder, folders, names in os.walk(tree):
        folders[:] = sorted(
            name for name in folders if name not in _PASSED_OVER and not name.startswith(".")
        )
        for path in (Path(folder, name) for name in sorted(names)):
            inside = path.relative_to(tree)
            if path.suffix not in _TEXTS or inside.parts[:2] == _BOTH or path.is_symlink():
                continue
            before = path.read_bytes().decode("utf-8", "surrogateescape")
            after = way.rewritten(inside.as_posix(), before)
            if after != before:
                path.write_bytes(after.encode("utf-8", "surrogateescape"))
                files += 1
                pairs = zip(before.splitlines(), after.splitlines(), strict=True)
                lines += sum(a != b for a, b in pairs)
    return files, lines


def main(name: str) -> None:
    """Rename in this project."""
    ways = {way.name: way for way in WAYS}
    if name not in ways:
        sys.exit(f"error: {name or 'no way'}: must be one of {', '.join(ways)}")
    files, lines = rename(PROJECT, ways[name])
    print(
        f"{lines} lines of {files} files: `git diff` shows them; then pipenv lock, make setup, make snapshots"
    )


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
