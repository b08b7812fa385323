"""Which stages need no synthesis, because nothing that goes into theirs has changed since the last one.

Synthesis is a function of the code, the installed packages and the stage's settings. `OUTDIR/.unchanged`
remembers a fingerprint of these for each stack, and of what was written. Where both are still the same, the
file that is there is the file that would be written.
"""

import fcntl
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

MEMORY = ".unchanged"
# What takes part in a synthesis, beside the stage: our code (a test compares it with what one imports), and
# the packages that it runs on.
_CODE = ("main.py", "modules", "imports", "common", "synth", "terraform", "aws")
_PACKAGES = ("cdktf", "cdktf-cdktf-provider-aws", "constructs", "jsii", "pydantic")
_EMPTY_LIST = re.compile(r"^( *)(.*)\[\]", re.MULTILINE)


def code_fingerprint(project: Path) -> str:
    """Hash the code in `project` and the versions of the packages under it."""
    digest = hashlib.sha256(sys.version.encode())
    for package in _PACKAGES:
        digest.update(f"{package}={version(package)}\n".encode())
    for path in code_files(project):
        digest.update(f"{path.relative_to(project)}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def code_files(project: Path) -> Iterable[Path]:
    """Return the files whose text decides what a synthesis writes."""
    for name in _CODE:
        path = project / name
        yield from (
            [path]
            if path.is_file()
            else [
                found
                for kind in ("py", "js", "json", "toml")
                for found in sorted(path.rglob(f"*.{kind}"))
            ]
        )


@dataclass(frozen=True, kw_only=True)
class Outdir:
    """The folder that stacks are written to, with what it remembers of them."""

    path: Path

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until no other synthesis writes to the folder, and let none until the end of the block.

        Another command's may be, or one that outlived a command that was killed.
        """
        folder = self.path / MEMORY
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as file:
            with suppress(OSError):  # not every network's file system has locks
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def holds(self, stack: str, fingerprint: str) -> bool:
        """Return whether the stack that is there has this fingerprint, and is untouched."""
        entry = self._entry(stack)
        return (
            entry.get("fingerprint") == fingerprint
            and isinstance(entry.get("manifest"), dict)
            and entry.get("output") == self._output(stack)
        )

    def remember(self, fingerprints: Mapping[str, str]) -> None:
        """Note what these stacks, as they are there now, were made from."""
        stacks = json.loads(self._manifest_path.read_text(encoding="utf-8"))["stacks"]
        (self.path / MEMORY).mkdir(exist_ok=True)
        for stack, fingerprint in fingerprints.items():
            entry = {
                "fingerprint": fingerprint,
                "manifest": stacks[stack],
                "output": self._output(stack),
            }
            self._entry_path(stack).write_text(json.dumps(entry), encoding="utf-8")

    def forget(self, stacks: Iterable[str]) -> None:
        """Take back what is remembered of these: they are about to be written anew."""
        for stack in stacks:
            self._entry_path(stack).unlink(missing_ok=True)

    def list_in_manifest(self, stacks: Sequence[str]) -> None:
        """Let cdktf's manifest list exactly these stacks, which are all remembered."""
        text = manifest_text({stack: self._entry(stack)["manifest"] for stack in stacks})
        if not self._manifest_path.is_file() or text != self._manifest_path.read_text("utf-8"):
            self._manifest_path.write_text(text, encoding="utf-8")

    @property
    def _manifest_path(self) -> Path:
        return self.path / "manifest.json"

    def _entry(self, stack: str) -> dict[str, Any]:
        try:
            entry = json.loads(self._entry_path(stack).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return entry if isinstance(entry, dict) else {}

    def _entry_path(self, stack: str) -> Path:
        return self.path / MEMORY / f"{stack}.json"

    def _output(self, stack: str) -> str | None:
        try:
            text = (self.path / "stacks" / stack / "cdk.tf.json").read_bytes()
        except OSError:
            return None
        return hashlib.sha256(text).hexdigest()


def manifest_text(stacks: Mapping[str, object]) -> str:
    """Return the manifest of these stacks, to the byte as cdktf writes it."""
    manifest = {"stacks": stacks, "version": version("cdktf")}
    text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False)
    return _EMPTY_LIST.sub(r"\1\2[\n\1]", text)
