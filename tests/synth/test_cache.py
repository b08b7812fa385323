"""When a stack is not synthesized again: each thing that decides what is written, changed by itself."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from imports.record import AdoptionRecord
from synth import cache, stages
from synth.cache import Outdir, code_fingerprint
from tests.imports.records import base_record
from tests.stages import STAGES_DIR, stage_settings

PROJECT = STAGES_DIR.parent
ENVIRON = {"ATOMIC_STATE_DIR": "/states"}
STACK = "atomic-dev"


def fingerprint(
    environ: dict[str, str] = ENVIRON, record: AdoptionRecord | None = None, **settings: object
) -> str:
    """Dev's, in this environment, with these settings and this adoption record."""
    stage = stage_settings("dev").model_copy(update=settings)
    return stages.fingerprints([stage], {"dev": record} if record else {}, environ)[STACK]


def test_a_stage_that_has_not_changed_has_the_same_fingerprint() -> None:
    assert fingerprint() == fingerprint()


@pytest.mark.parametrize(
    "changed",
    [
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:4599"},
        {"ATOMIC_STATE_DIR": "/elsewhere"},
        {"CDKTF_CONTEXT_JSON": '{"excludeStackIdFromLogicalIds": "true"}'},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_variable_that_changes_what_is_written_is_an_input(changed: dict[str, str]) -> None:
    assert fingerprint({**ENVIRON, **changed}) != fingerprint()


def test_a_setting_is_an_input() -> None:
    assert fingerprint(kafka=True) != fingerprint()


def test_an_adoption_record_and_what_it_observed_are_inputs() -> None:
    record = base_record()
    item = record.adopted[0]
    other = item.model_copy(update={"observed": {**item.observed, "tags": {"Owner": "another"}}})

    found = {
        fingerprint(),
        fingerprint(record=record),
        fingerprint(
            record=record.model_copy(update={"adopted": [other, *list(record.adopted)[1:]]})
        ),
    }

    assert len(found) == 3


def test_the_code_is_an_input(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint()
    monkeypatch.setattr(stages, "code_fingerprint", lambda _project: "another")

    assert fingerprint() != before


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The code of this project, to be changed."""
    for path in cache.code_files(PROJECT):
        copy = tmp_path / path.relative_to(PROJECT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    return tmp_path


CHANGED = {
    "main.py": "main.py",
    "modules": "modules/network/network.py",
    "imports": "imports/bind.py",
    "common": "common/errors.py",
    "aws": "aws/resources/row.py",
    "terraform": "terraform/stack.py",
    "synth": "synth/stages.py",
    "the bindings": "synth/bindings/__init__.py",
    "what Node loads": "synth/bindings/lazy_index.js",
}


@pytest.mark.parametrize("name", CHANGED.values(), ids=CHANGED)
def test_each_file_of_the_code_is_an_input(copied: Path, name: str) -> None:
    before = code_fingerprint(copied)
    path = copied / name
    path.write_text(path.read_text() + "\n")

    assert code_fingerprint(copied) != before


def test_a_new_and_a_renamed_file_are_inputs(copied: Path) -> None:
    before = code_fingerprint(copied)
    (copied / "modules" / "new.py").touch()
    new = code_fingerprint(copied)
    (copied / "modules" / "new.py").rename(copied / "modules" / "newer.py")

    assert len({before, new, code_fingerprint(copied)}) == 3


@pytest.mark.parametrize(
    "package", ["cdktf", "cdktf-cdktf-provider-aws", "constructs", "jsii", "pydantic"]
)
def test_the_version_of_what_synthesis_runs_on_is_an_input(
    monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    before = code_fingerprint(PROJECT)
    monkeypatch.setattr(
        cache, "version", lambda name: "0.0.0" if name == package else version(name)
    )

    assert code_fingerprint(PROJECT) != before


def test_the_version_of_python_is_an_input(monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_fingerprint(PROJECT)
    monkeypatch.setattr(sys, "version", "another")

    assert code_fingerprint(PROJECT) != before


# Synthesizes an adopted stage, which takes the most code, and lists the modules that it took.
LISTING = """
import os, sys
from pathlib import Path
from synth.stages import HERE, synthesize_stages
assert synthesize_stages(os.environ) == 0
for module in list(sys.modules.values()):
    path = getattr(module, "__file__", None)
    if path and HERE in Path(path).parents and ".venv" not in path and "node_modules" not in path:
        print(Path(path).relative_to(HERE))
"""


@pytest.mark.jsii
def test_every_module_that_a_synthesis_imports_is_hashed(
    tmp_path: Path,
) -> None:
    (tmp_path / "dev.toml").write_text('phase = "foundation"\n')
    record = base_record().model_copy(update={"stage": "dev"})
    (tmp_path / "dev.adoption.json").write_text(record.model_dump_json())
    finished = subprocess.run(
        [sys.executable, "-c", LISTING],
        cwd=PROJECT,
        env={
            **os.environ,
            "ATOMIC_STAGES_DIR": str(tmp_path),
            "ATOMIC_STAGE": "dev",
            "CDKTF_OUTDIR": str(tmp_path / "out"),
            "ATOMIC_SYNTH_AFRESH": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    imported = set(map(Path, finished.stdout.split()))

    hashed = {path.relative_to(PROJECT) for path in cache.code_files(PROJECT)}

    assert "modules/platform_stack.py" in map(str, imported)
    assert imported - hashed == set()
    # And no folder is hashed that takes no part: each of its changes would synthesize all stages anew.
    assert {path.parts[0] for path in hashed} == {
        "main.py",
        *(path.parts[0] for path in imported),
    }


def test_reading_stages_loads_no_client_of_aws() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, synth.stages; print(*sys.modules)"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert "modules.settings.stage_settings" in loaded
    # A fifth of what a synthesis takes that has nothing to do; and jsii's start is another.
    assert {"boto3", "botocore.handlers", "urllib3", "yaml", "jsii"} & set(loaded) == set()


def written(folder: Path) -> Outdir:
    """A folder with one stack that is remembered."""
    path = folder / "stacks" / STACK / "cdk.tf.json"
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    (folder / "manifest.json").write_text(json.dumps({"stacks": {STACK: {"name": STACK}}}))
    outdir = Outdir(path=folder)
    outdir.remember({STACK: "fingerprint"})
    return outdir


def test_a_stack_is_held_while_nothing_has_changed(tmp_path: Path) -> None:
    assert written(tmp_path).holds(STACK, "fingerprint") is True


Change = Callable[[Path], object]
CHANGES: dict[str, Change] = {
    "edited": lambda folder: (folder / "stacks" / STACK / "cdk.tf.json").write_text('{"a": 1}'),
    "deleted": lambda folder: (folder / "stacks" / STACK / "cdk.tf.json").unlink(),
    "forgotten": lambda folder: Outdir(path=folder).forget([STACK]),
    "remembered as nonsense": lambda folder: (folder / cache.MEMORY / f"{STACK}.json").write_text(
        "[1]"
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_stack_that_is_not_as_it_was_written_is_written_anew(
    tmp_path: Path, change: Change
) -> None:
    outdir = written(tmp_path)

    change(tmp_path)

    assert outdir.holds(STACK, "fingerprint") is False


def test_a_stack_of_another_fingerprint_is_written_anew(tmp_path: Path) -> None:
    assert written(tmp_path).holds(STACK, "another") is False


def test_a_second_synthesis_into_a_folder_waits_for_the_first(tmp_path: Path) -> None:
    ended = []

    def second() -> None:
        with Outdir(path=tmp_path).alone():
            ended.append("second")

    thread = threading.Thread(target=second)
    with Outdir(path=tmp_path).alone():
        thread.start()
        thread.join(0.3)
        ended.append("first")
    thread.join()

    assert ended == ["first", "second"]
