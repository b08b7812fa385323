"""Which package may know of which: data flows one way, and what all stand on knows of none."""

import ast
from pathlib import Path

import pytest

from local.emulator import PROJECT

ORDER = (
    "common",
    "aws",
    "modules",
    "terraform",
    "imports",
    "synth",
    "security",
    "ops",
    "local",
    "dev",
)
OURS = set(ORDER)
# Arrows that still run back.
BACK = {
    ("imports/take_stock.py", "synth"),
    ("ops/commands/doctor.py", "dev"),
    ("ops/doctor/tools.py", "dev"),
    ("local/legacy.py", "dev"),
    ("terraform/plan.py", "imports"),
    ("terraform/state_surgery.py", "imports"),
    ("terraform/workspace.py", "imports"),
}


def known(file: Path) -> set[str]:
    """The project's packages that a module imports from, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Import):
            names |= {each.name.partition(".")[0] for each in node.names}
    return names & OURS


@pytest.mark.parametrize("package", ORDER)
def test_a_package_knows_only_of_those_before_it(package: str) -> None:
    files = sorted((PROJECT / package).rglob("*.py"))
    assert files
    allowed = {*ORDER[: ORDER.index(package)], package}
    strangers = {
        (str(file.relative_to(PROJECT)), name)
        for file in files
        if ".venv" not in file.parts
        for name in known(file) - allowed
    }

    assert strangers <= BACK
