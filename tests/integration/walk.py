"""Lets a test do what a page says: its blocks, in order, as written, in a copy of the project."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local.emulator import PROJECT

MADE = (
    ".*_cache",
    ".git",
    ".hypothesis",
    ".tools",
    ".venv",
    "__pycache__",
    "cdktf.out",
    "node_modules",
)
# A shell of somebody who has just cloned the project has none of these; the last two accelerate this process.
OURS = ("AWS_", "ATOMIC_", "TF_", "JSII_RUNTIME", "NODE_OPTIONS")
_BLOCK = re.compile(r"^```(sh|toml|)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"#.*?\b([012])(?::|$| until\b| while\b)")
OTHERWISE = "ended otherwise, with"
_GOES_ON = re.compile(r"[|\\]$")


@dataclass(frozen=True, kw_only=True)
class Walk:
    """A walk through pages in `copy`; what a machine without an account needs otherwise is said here.

    `swaps` are put in place of what is written: a port, a folder. `ends_with` has the exit codes of commands,
    by how they begin, that end otherwise on an AWS that runs no container than the page says. `fine` are
    those of all others whose comment names none.
    """

    copy: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    swaps: Sequence[tuple[str, str]] = ()
    ends_with: Mapping[str, int] = field(default_factory=dict)
    fine: Sequence[int] = (0,)
    stage: str = "prod"

    def through(self, page: str) -> subprocess.CompletedProcess[str]:
        """Do what a page, or a part of it, says; fails when commands end with other codes, and names each."""
        done = subprocess.run(
            ["bash", "-c", "\n".join(["set -m", *self.script(page)])],
            cwd=self.copy,
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith(OURS)},
                **self.environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        wrong = [line for line in done.stdout.splitlines() if line.startswith(OTHERWISE)]
        assert wrong == [], done.stdout
        return done

    def script(self, page: str) -> Iterator[str]:
        """The lines of a page's blocks for bash, each with the exit code that it has to have.

        Set-up is left out: `tests/dev/setup` tries that, and it takes minutes. Where a person is
        asked, or types, the answer comes with the command. TOML is what they write into the stage file.
        """
        for kind, block in _BLOCK.findall(page):
            if kind == "toml":
                yield self._edit(block)
                continue
            before = ""
            for written in block.splitlines():
                line = written
                for old, new in self.swaps:
                    line = line.replace(old, new)
                line = re.sub(r"^make (?!setup)", "make --old-file=setup ", line)
                if line.startswith("python -m ops "):
                    typed = "echo sk-a-key-of-nobody | " if " secrets set " in line else ""
                    # What waits for ever has failed.
                    line = f"{typed}timeout --signal=INT 400 {line}"
                if line.startswith("cdktf deploy ") and "--auto-approve" not in line:
                    line = (
                        line.replace(" #", " --auto-approve #")
                        if "#" in line
                        else f"{line} --auto-approve"
                    )
                before += f"{line}\n"
                if _GOES_ON.search(written) or written.startswith("make setup"):
                    before = "" if written.startswith("make setup") else before
                    continue
                yield f"echo {shlex.quote('$ ' + before)}\n{before}"
                before = ""
                if not re.search(r"&\s*(#|$)", written):
                    yield self._expect(written)

    def _expect(self, written: str) -> str:
        otherwise = [code for begin, code in self.ends_with.items() if written.startswith(begin)]
        said = _CODE.search(written)
        fine = otherwise or ([int(said[1])] if said else self.fine)
        tests = " || ".join(f"[ $code -eq {each} ]" for each in fine)
        return f'code=$?; {tests} || echo "{OTHERWISE} $code: "{shlex.quote(written)}'

    def _edit(self, block: str) -> str:
        path = f"stages/{self.stage}.toml"
        return shlex.join([sys.executable, "-m", "tests.integration.walk", path, block])


def written_into(text: str, block: str) -> str:
    """Return a stage file with a block in it: keys on top, in place of those so named; tables at the end."""
    keys, bracket, tables = f"\n{block}".partition("\n[")
    for key in re.findall(r"^(\w+) =", keys, re.MULTILINE):
        text = re.sub(rf"^{key} = .*\n", "", text, flags=re.MULTILINE)
    top = f"{keys.strip()}\n" if keys.strip() else ""
    return top + text.rstrip() + (f"\n\n[{tables}" if bracket else "\n")


def a_copy(folder: Path) -> Path:
    """Copy the project as it is into `folder`, with what the set-up has made for the original."""
    copy = folder / "copy"
    shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns(*MADE, "*.tfstate*"))
    for name in (".venv", "node_modules"):
        (copy / name).symlink_to(PROJECT / name)
    tools = copy / ".tools"
    tools.mkdir()
    for path in (PROJECT / ".tools").iterdir():
        if path.name in {"env.sh", "terraform.rc"}:
            (tools / path.name).write_text(path.read_text().replace(str(PROJECT), str(copy)))
        elif path.name in {"bin", "mirror", "plugin-cache", "providers"}:
            (tools / path.name).symlink_to(path)
    return copy


if __name__ == "__main__":
    stage_file, typed = Path(sys.argv[1]), sys.argv[2]
    stage_file.write_text(written_into(stage_file.read_text(), typed))
