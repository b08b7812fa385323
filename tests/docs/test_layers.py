"""Which package may know of which: data flows one way, and what all stand on knows of none."""

import subprocess
import sys
import tomllib

from local.emulator import PROJECT

SETTINGS = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def test_the_contracts_of_the_layers_are_kept() -> None:
    finished = subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode == 0, finished.stdout


def test_every_package_has_its_layer() -> None:
    packages = {path.parent.name for path in PROJECT.glob("*/__init__.py")} - {"tests"}

    (layers,) = SETTINGS["contracts"]
    named = {name.strip() for layer in layers["layers"] for name in layer.split("|")}
    assert named == packages == set(SETTINGS["root_packages"])
