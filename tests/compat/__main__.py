"""`make compat`: synthesizes every stage and variant both ways, and runs the tests that synthesize.

Exit codes: 0 both ways give the same but for versions, 1 an error said in one line, 2 something differs.
"""

import json
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from common.errors import UserError
from common.screen import ASKS_FOR_A_PERSON, print_error, print_table, say, tell
from dev.packages import installed, run
from tests.compat.rename import PROJECT, rename
from tests.compat.ways import WAYS, Way

WORK = PROJECT / ".tools" / "compat"
# What is no source: made by the set-up and by runs. The first two are linked into a copy.
_LINKED = (".venv", "node_modules")
_MADE = shutil.ignore_patterns(
    *_LINKED, ".*_cache", ".git", ".hypothesis", ".tools", "__pycache__", "cdktf.out"
)
_PROVIDER = ("terraform", "required_providers", "aws")
Place = tuple[str, ...]


def main() -> int:
    """Try both ways and print what differs."""
    try:
        today = _stacks(PROJECT, WORK / "today", None)
        rows: list[tuple[object, ...]] = []
        told: list[str] = []
        for way in WAYS:
            started = time.monotonic()
            tree, files, lines = _copy(way)
            found = _stacks(tree, WORK / way.name / "out", way)
            others = _differences(today, found)
            left = sorted(
                place for place in set(others) if not _is_the_provider(found, *place, way)
            )
            said = _tests(tree, way)
            tests = said[-1].partition(" in ")[0]
            seconds = f"{time.monotonic() - started:.0f}"
            rows.append(
                (way.title, way.provider, files, lines, len(found), len(left), tests, seconds)
            )
            told += [f"{way.title}: {name}: {' '.join(place)}" for name, place in left]
            told += [f"{way.title}: {line}" for line in said if line.startswith("FAILED ")]
    except UserError as error:
        print_error(str(error))
        return 1
    columns = ("way", "provider", "files", "lines", "stacks", "differences", "tests", "seconds")
    print_table(columns, rows)
    for line in told:
        say(line)
    say("A difference is one beside the provider's version and the spelling of its place.")
    say("No provider 6 was run.")
    return ASKS_FOR_A_PERSON if told else 0


def _copy(way: Way) -> tuple[Path, int, int]:
    """Copy the project as this way has it; return the copy, and how many files and lines differ."""
    tree = WORK / way.name / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(PROJECT, tree, ignore=_MADE)
    for name in _LINKED:
        (tree / name).symlink_to(PROJECT / name)
    files, lines = rename(tree, way)
    return tree, files, lines


def _stacks(tree: Path, outdir: Path, way: Way | None) -> dict[str, Any]:
    shutil.rmtree(outdir, ignore_errors=True)
    command = [sys.executable, "-O", "-m", "tests.compat.stacks", str(outdir)]
    _run(f"synthesizing in {tree.relative_to(PROJECT.parent)}", command, tree, way)
    return {
        path.parent.name: json.loads(path.read_text())
        for path in sorted(outdir.glob("stacks/*/cdk.tf.json"))
    }


def _differences(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, Place]]:
    found: list[tuple[str, Place]] = [
        (name, ("is in one alone",)) for name in sorted(set(before) ^ set(after))
    ]
    for name in sorted(set(before) & set(after)):
        found += [(name, place) for place in _places(before[name], after[name])]
    return found


def _is_the_provider(found: dict[str, Any], name: str, place: Place, way: Way) -> bool:
    """Return whether it is the provider's version, or its place spelled in full, as the way has it."""
    if place[: len(_PROVIDER)] != _PROVIDER:
        return False
    named = found[name]["terraform"]["required_providers"]["aws"]
    return bool(named == {"source": way.source, "version": way.provider})


def _places(before: Any, after: Any) -> Iterator[Place]:
    """Tell where two documents differ, without the remarks that cdktf writes for itself."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after} - {"//"}):
            for place in _places(before.get(key), after.get(key)):
                yield (key, *place)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, pair in enumerate(zip(before, after, strict=True)):
            for place in _places(*pair):
                yield (str(number), *place)
    elif before != after:
        yield ()


def _tests(tree: Path, way: Way) -> list[str]:
    """Run every test that synthesizes, and those of the constructs; return what pytest says."""
    options = ["--quiet", "--numprocesses", "2", "-p", "no:cacheprovider", "-m", "jsii"]
    chosen = ["tests/modules", "tests/snapshots", "tests/synth", "tests/security", "tests/contract"]
    said = _run(
        f"the tests that synthesize, in {tree.relative_to(PROJECT.parent)}",
        [sys.executable, "-m", "pytest", *options, *chosen],
        tree,
        way,
    )
    return said.splitlines()


def _run(what: str, command: list[str], folder: Path, way: Way | None) -> str:
    tell(f"... {what}")
    environment = {"JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(WORK / "jsii")}
    if way:
        # The rest of what they need is in .venv.
        packages = installed(f"compat/{way.name}", way.requirements)
        # cdktf's command line hands the app its part of cdktf.json in this variable.
        environment |= {"PYTHONPATH": str(packages), "CDKTF_CONTEXT_JSON": way.context}
    # 1 is pytest's code for tests that fail.
    return run(command, folder, environment, fine=1 if "pytest" in command else 0)


if __name__ == "__main__":
    sys.exit(main())
