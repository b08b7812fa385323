"""Where a target runs: a folder with sound files in it, and the answers behind it."""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path

from tests.fuzz import base
from tests.fuzz.answers import Processes, answering
from tests.imports.records import STAGE

REQUIRED = 'domain_name = "app.example.com"\noperator_email = "ops@example.com"\n'
PROD = REQUIRED + "security = { web_firewall = true, backups = true }\n"
LEGACY = Path(__file__).parent.parent / "legacy" / "base"


@cache
def _sound() -> Mapping[str, bytes]:
    return {
        "stages/dev.toml": REQUIRED.encode(),
        "stages/prod.toml": PROD.encode(),
        f"stages/{STAGE}.toml": b'region = "us-east-1"\nphase = "adopt"\n',
        f"stages/{STAGE}.adoption.json": json.dumps(base.record()).encode(),
        "state.json": json.dumps(base.state()).encode(),
        "plan.json": json.dumps(base.plan()).encode(),
        **{f"legacy/{path.name}": path.read_bytes() for path in LEGACY.iterdir()},
    }


def world(folder: Path, **files: bytes) -> dict[str, str]:
    """A folder with the sound files, but for these, and the environment that points there.

    What an earlier run has written is gone: a stage file or a backup would change what this one does.
    """
    for place in ("stages", "legacy", "states/adoption-backups"):
        (folder / place).mkdir(parents=True, exist_ok=True)
        for path in (folder / place).iterdir():
            if path.is_file() and f"{place}/{path.name}" not in _sound():
                path.unlink()
    for name, content in {**_sound(), **files}.items():
        _write(folder / name, content)
    return {
        "ATOMIC_STAGES_DIR": str(folder / "stages"),
        "ATOMIC_STATE_DIR": str(folder / "states"),
        "CDKTF_OUTDIR": str(folder / "cdktf.out"),
    }


# Of each file what was written, and when: nearly all are as they were, and to write them takes the most time.
_WRITTEN: dict[Path, tuple[bytes, int]] = {}


def _write(path: Path, content: bytes) -> None:
    stands = path.stat().st_mtime_ns if path.is_file() else None
    if _WRITTEN.get(path) == (content, stands):
        return
    path.write_bytes(content)
    _WRITTEN[path] = (content, path.stat().st_mtime_ns)


def behind(
    *,
    legacy: bytes | None = None,
    here: bytes | None = None,
    phase: str = "adopt",
) -> AbstractContextManager[None]:
    """The answers of a base that is adopted and not retired, but for these states."""
    return answering(
        Processes(
            legacy=json.dumps(base.state()).encode() if legacy is None else legacy,
            here=json.dumps(base.new_state()).encode() if here is None else here,
            stack=base.bound_stack(phase),
            legacy_plan=json.dumps(base.legacy_plan()).encode(),
        )
    )
