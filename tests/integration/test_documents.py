"""What the pages show is what one can type: their blocks, in order, as written, in a copy of the project."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.emulator import PROJECT

pytestmark = pytest.mark.integration

MADE = (".git", ".hypothesis", ".tools", ".venv", "__pycache__", "cdktf.out", "node_modules")
# A shell of somebody who has just cloned the project has none of these; the last two accelerate this process.
OURS = ("AWS_", "ATOMIC_", "TF_", "JSII_RUNTIME", "NODE_OPTIONS")
_BLOCK = re.compile(r"^```\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"#.*?\b([012])(?::|$)")


def script(page: str, *, port: int, scratch: Path) -> Iterator[str]:
    """The lines of a page's blocks for bash, each with the exit code that its comment names.

    Set-up is left out: `tests/dev/setup` tries that, and it takes minutes. The port is another, and so is
    the folder for what is thrown away; a value comes by a pipe where a person is asked for one.
    """
    for block in _BLOCK.findall(page):
        for written in block.splitlines():
            if written == "make setup":
                continue
            line = written.replace("5000", str(port)).replace("/tmp/", f"{scratch}/")  # noqa: S108
            if " secrets set " in line:
                line = f"echo sk-a-key-of-nobody | {line}"
            yield line
            if not re.search(r"&\s*(#|$)", line):
                code = _CODE.search(line)
                yield f'code=$?; [ $code -eq {code[1] if code else 0} ] || exit "$((code + 100))"'


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project as it is, with what the set-up has made for the original."""
    folder = tmp_path / "copy"
    shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns(*MADE, "*.tfstate*"))
    for name in (".venv", "node_modules"):
        (folder / name).symlink_to(PROJECT / name)
    tools = folder / ".tools"
    tools.mkdir()
    for path in (PROJECT / ".tools").iterdir():
        if path.name in {"env.sh", "terraform.rc"}:
            (tools / path.name).write_text(path.read_text().replace(str(PROJECT), str(folder)))
        elif path.name in {"bin", "mirror", "plugin-cache", "providers"}:
            (tools / path.name).symlink_to(path)
    return folder


def test_the_first_quarter_of_an_hour_goes_as_it_is_written(copy: Path, tmp_path: Path) -> None:
    page = (PROJECT / "docs" / "getting-started.md").read_text().partition("\n## Deploy from CI")[0]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    lines = list(script(page, port=port, scratch=scratch))

    done = subprocess.run(
        ["bash", "-c", "\n".join(["set -mv", *lines])],
        cwd=copy,
        env={k: v for k, v in os.environ.items() if not k.startswith(OURS)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert sum("cdktf" in line for line in lines) >= 4
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "atomic-dev-app-cpu" in done.stdout  # what doctor named
    assert (copy / "dev.svg").exists()
    assert (copy / "report.html").exists()
