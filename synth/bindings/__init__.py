"""Loads the AWS provider's bindings lazily: seconds instead of a quarter of a minute.

Its parts are unofficial. `ATOMIC_STOCK_BINDINGS=1` turns them off; the synthesized
JSON is the same to the byte, which `tests/integration/test_bindings.py` checks.
"""

import atexit
import gc
import importlib.util
import os
import sys
import tempfile
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from types import ModuleType
from typing import NoReturn

SWITCH = "ATOMIC_STOCK_BINDINGS"
_PROVIDER = "cdktf_cdktf_provider_aws"
# jsii prints a banner about the age of these, on which cdktf 0.21 runs well.
_QUIET_NODES = "20,21,22,23"
_PROJECT = Path(__file__).resolve().parent.parent.parent
_CACHE, _CACHE_ROOT = "JSII_RUNTIME_PACKAGE_CACHE", "JSII_RUNTIME_PACKAGE_CACHE_ROOT"
_LINUX = (".cache", "aws", "jsii")
_PRELOAD = Path(__file__).with_name("lazy_index.js")
_LAUNCHER = Path(__file__).with_name("one_process.js")
# How jsii's program names the channel that its launcher opens.
_CHANNEL = "readFD:3,writeFD:3"


def keep_garbage(environ: Mapping[str, str]) -> None:
    """Look for no garbage: there is next to none, and to look through the bindings for it takes a tenth."""
    if not environ.get(SWITCH):
        gc.disable()


def leave(code: int, environ: Mapping[str, str]) -> NoReturn:
    """End this process with `code` as `sys.exit` does, but leave freeing its memory to the system.

    Taking a hundred thousand objects of the bindings apart, one by one, is a tenth of a synthesis.
    """
    if environ.get(SWITCH):
        sys.exit(code)
    atexit._run_exitfuncs()  # among them jsii's, which ends its kernel
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def accelerate(environ: MutableMapping[str, str]) -> None:
    """Prepare the import of the provider's bindings. Has to come before the first one."""
    environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", _QUIET_NODES)
    cache_where_one_may_write(environ)
    if environ.get(SWITCH) or _PROVIDER in sys.modules:
        return
    _stub_parent_package()
    _load_node_modules_lazily(environ)
    _run_the_kernel_in_one_process(environ)
    if "constructs" not in sys.modules:  # which has loaded a package already
        # Only now: to import jsii takes long, beside a synthesis that has nothing to do.
        from synth.bindings.kernel import wait_less  # noqa: PLC0415

        wait_less()


def cache_where_one_may_write(environ: MutableMapping[str, str]) -> None:
    """Let jsii's package cache lie below .tools, or be off, where the home cannot be written.

    It saves seconds, so it must not be what a synthesis fails on: jsii ends in a traceback then, and with a
    home like /proc not at all.
    """
    if environ.get(_CACHE) != "enabled" or environ.get(_CACHE_ROOT):  # the user's own choice
        return
    below = ("Library", "Caches", "com.amazonaws.jsii") if sys.platform == "darwin" else _LINUX
    home = Path(environ.get("HOME") or Path("~").expanduser())
    if _may_write(home.joinpath(*below, "package-cache")):
        return
    ours = _PROJECT / ".tools" / "jsii-package-cache"
    if _may_write(ours):
        environ[_CACHE_ROOT] = str(ours)
    else:
        environ[_CACHE] = "disabled"


def _may_write(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _stub_parent_package() -> None:
    """Put an empty parent package in place: the real one imports all of its 2,135 submodules."""
    spec = importlib.util.find_spec(_PROVIDER)
    if spec is None or spec.submodule_search_locations is None:
        return
    parent = ModuleType(_PROVIDER)
    parent.__path__ = list(spec.submodule_search_locations)
    parent.__spec__ = spec
    sys.modules[_PROVIDER] = parent


def _load_node_modules_lazily(environ: MutableMapping[str, str]) -> None:
    """Let the jsii kernel, a Node process, take the package's own lazy index."""
    options = environ.get("NODE_OPTIONS", "")
    if str(_PRELOAD) not in options:
        environ["NODE_OPTIONS"] = f'{options} --require "{_PRELOAD}"'.strip()


def _run_the_kernel_in_one_process(environ: MutableMapping[str, str]) -> None:
    """Let jsii start our launcher in place of its own, if its program is the one we know how to start."""
    spec = importlib.util.find_spec("jsii")
    if spec is None or spec.origin is None:
        return
    # One of the user's own; that of another checkout, which started this process, is none.
    if Path(environ.get("JSII_RUNTIME") or _LAUNCHER).name != _LAUNCHER.name:
        return
    program = Path(spec.origin).parent / "_embedded" / "jsii" / "lib__program.js"
    if program.is_file() and _CHANNEL in program.read_text(encoding="utf-8"):
        environ["JSII_RUNTIME"] = str(_LAUNCHER)
        environ["ATOMIC_JSII_PROGRAM"] = str(program)
        environ["NODE_OPTIONS"] = f"{environ.get('NODE_OPTIONS', '')} --preserve-symlinks".strip()
