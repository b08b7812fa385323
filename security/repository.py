"""What two programs of others find in the files of this project: `make check`.

zizmor reads the workflows, detect-secrets all text that a person writes.
Exit codes: 0 nothing open, 1 an error said in one line, 2 something is open, or a row of exceptions excuses
nothing.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from common.errors import UserError, one_line
from common.files import replace_file
from common.screen import ASKS_FOR_A_PERSON, print_error, print_table, say
from security.exceptions import Failure, Tool, read_exceptions, review

PROJECT = Path(__file__).resolve().parent.parent
WORKFLOWS = (
    ".github", ".pre-commit-config.yaml", "docs/workflows/infrastructure.yml",
    "docs/workflows/previews.yml",
)  # fmt: skip
# Of detect-secrets' detectors all but those that take a hash, or a word such as "password", for a secret.
_NOISY = ("KeywordDetector", "Base64HighEntropyString", "HexHighEntropyString")
_SECRETS = [
    *("detect-secrets", "scan", "--no-verify"),
    *(each for name in _NOISY for each in ("--disable-plugin", name)),
]
# What programs have written. The test of secrets searches what is synthesized, planned and kept as state.
_WRITTEN_BY_PROGRAMS = (
    "tests/contract/v0/",
    "tests/legacy/",
    "tests/upgrades/",
    "local/cdk_stack/",
)
_LOCKS = frozenset({"Pipfile.lock", "package-lock.json"})
_MADE = frozenset({".tools", ".venv", "cdktf.out", "node_modules"})


def workflow_failures(*paths: str) -> list[Failure]:
    """Ask zizmor, strictly and without the internet."""
    command = ["zizmor", "--offline", "--no-progress", "--pedantic", "--format", "json-v1"]
    findings = _answer([*command, "--no-exit-codes", *paths], PROJECT)
    return [
        Failure(
            check=finding["ident"],
            resource=_path(finding["locations"][0]),
            stage="*",
            what=finding["desc"],
        )
        for finding in findings
    ]


def secret_failures(project: Path) -> list[Failure]:
    """Ask detect-secrets for what has the shape of a credential, in files it has not seen as they are."""
    memory = project / ".tools" / "secrets-found.json"
    known = _remembered(memory)
    texts = {path.relative_to(project).as_posix(): path for path in _texts(project, project)}
    for name in _ignored(project, texts):
        del texts[name]
    hashes = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in texts.items()}
    changed = [name for name, value in hashes.items() if known.get(name, {}).get("hash") != value]
    found = _answer([*_SECRETS, *changed], project)["results"] if changed else {}
    kept: dict[str, Any] = {
        name: {
            "hash": value,
            "found": _plain(found.get(name, [])) if name in changed else known[name]["found"],
        }
        for name, value in hashes.items()
    }
    replace_file(memory, json.dumps({"asked": _SECRETS, "files": kept}))
    return [
        Failure(check=check, resource=name, stage="*", what=f"line {line}")
        for name, each in kept.items()
        for check, line in each["found"]
    ]


def _remembered(file: Path) -> dict[str, Any]:
    """Return what the last run has found, by file; nothing where it asked otherwise."""
    try:
        memory = json.loads(file.read_text())
        return dict(memory["files"]) if memory["asked"] == _SECRETS else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _plain(rows: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(each["type"].replace(" ", ""), each["line_number"]) for each in rows]


def _path(location: dict[str, Any]) -> str:
    key = location["symbolic"]["key"]["Local"]
    return str(key["verbatim_path"])


def _texts(folder: Path, project: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        inside = path.relative_to(project).as_posix()
        if path.is_dir():
            skipped = path.name in _MADE or path.name.endswith("_cache") or path.name == ".git"
            if not skipped and not f"{inside}/".startswith(_WRITTEN_BY_PROGRAMS):
                yield from _texts(path, project)
        elif (
            path.name not in _LOCKS
            and path.suffix not in {".json", ".pyc", ".svg"}
            and ".tfstate" not in path.name
        ):
            yield path


def _ignored(project: Path, names: Collection[str]) -> list[str]:
    """Return which of these files git ignores, as backups of a state; none where there is no git."""
    try:
        done = subprocess.run(
            ["git", "check-ignore", "--stdin", "-z"],
            cwd=project,
            input="\0".join(names),
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return []
    return [name for name in done.stdout.split("\0") if name]


def _answer(command: list[str], folder: Path) -> Any:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise UserError(f"{command[0]} is not installed: `make setup` installs it") from None
    try:
        return json.loads(done.stdout)
    except ValueError:
        said = one_line(done.stderr[-500:])
        raise UserError(
            f"{command[0]} gives no answer (exit code {done.returncode}): {said}"
        ) from None


def main() -> int:
    """Print what is open, by program."""
    open_rows: list[tuple[str, ...]] = []
    unused: list[str] = []
    try:
        asked: tuple[tuple[Tool, list[Failure]], ...] = (
            ("zizmor", workflow_failures(*WORKFLOWS)),
            ("detect-secrets", secret_failures(PROJECT)),
        )
        for tool, failures in asked:
            reviewed = review(failures, read_exceptions(tool=tool))
            open_rows += [(tool, each.check, each.resource, each.what) for each in reviewed.open]
            unused += [f"{tool}: {row.check} of {row.resource}" for row in reviewed.unused]
    except (UserError, ValueError) as error:
        print_error(str(error))
        return 1
    if open_rows:
        print_table(("tool", "check", "file", "what"), open_rows)
    for row in unused:
        say(f"a row of security/exceptions.toml excuses nothing: {row}")
    return ASKS_FOR_A_PERSON if open_rows or unused else 0


if __name__ == "__main__":
    sys.exit(main())
