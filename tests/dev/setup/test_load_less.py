"""cdktf starts without what converts HCL, and has it where somebody asks for it."""

import json
import subprocess
from typing import Any

import pytest

from local.emulator import PROJECT

pytestmark = pytest.mark.peer

CONVERTER = "node_modules/@cdktf/hcl2cdk/lib/index.js"
PRELOAD = f"--require={PROJECT / 'dev' / 'setup' / 'load_less.cjs'}"
LOADED = "Object.keys(require.cache).map((file) => require('path').relative('.', file))"


def said(program: str) -> Any:
    """What cdktf's Node, preloaded, answers to a program in the project's folder."""
    done = subprocess.run(
        ["node", PRELOAD, "-e", f"console.log(JSON.stringify({program}))"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_the_converter_is_not_loaded_where_it_is_only_named() -> None:
    loaded = said(f"(require('@cdktf/hcl2cdk').__esModule, {LOADED})")

    assert CONVERTER not in loaded


def test_the_converter_is_loaded_where_it_is_used() -> None:
    kind, loaded = said(f"[typeof require('@cdktf/hcl2cdk').convert, {LOADED}]")

    assert kind == "function"
    assert CONVERTER in loaded


@pytest.mark.parametrize("package", ["@cdktf/commons", "path"])
def test_all_else_is_loaded_as_ever(package: str) -> None:
    assert said(f"Object.keys(require('{package}')).length > 5")
