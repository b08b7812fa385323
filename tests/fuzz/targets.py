"""What bad input is given to, one row each."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from imports.__main__ import main as imports_main
from imports.errors import AdoptionError
from imports.gate import judge
from imports.plans import read_plan
from local.aws import app as aws_app
from ops.__main__ import main as ops_main
from synthesis import synthesize_stages
from tests.fuzz.inputs import TEXT, documents
from tests.fuzz.sealed import Outcome, run
from tests.imports.records import STATE_FILE, a_plan, base_record, bound_document, planned
from tests.unit.test_stage_files_fuzz import LINES

REQUIRED = 'domain_name = "app.example.com"\noperator_email = "ops@example.com"\n'
STAGE_TEXT = st.lists(LINES | TEXT, max_size=6).map("".join)
STAGE_BYTES = st.one_of(
    STAGE_TEXT.map(str.encode), STAGE_TEXT.map(lambda t: (REQUIRED + t).encode()), st.binary()
)
CHANGE = planned("aws_db_instance.main", "delete", "create", replace_paths=[["db_name"]])
PLAN = {
    **a_plan(
        CHANGE,
        planned("aws_vpc.main", "update", before={"id": "a", "tags": {"a": "b"}}, after={"id": "a"}),
        planned("aws_security_group.app"),
    ),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Target:
    """Something that reads input; `run` takes a folder of its own and one input."""

    name: str
    inputs: st.SearchStrategy[Any]
    run: Callable[[Path, Any], Outcome]


@cache
def _small_state() -> Any:
    """The applied base's state, with few enough resources that damage meets each kind of member."""
    state = json.loads(STATE_FILE.read_text())
    return {**state, "resources": state["resources"][:6]}


@cache
def _small_record() -> Any:
    record = base_record().model_dump(mode="json")
    return {**record, "adopted": record["adopted"][:6]}


def _world(folder: Path, **files: bytes) -> dict[str, str]:
    """A folder with a sound stage and these files, and the environment that points there."""
    stages = folder / "stages"
    (folder / "legacy").mkdir(parents=True, exist_ok=True)
    stages.mkdir(exist_ok=True)
    sound: Mapping[str, bytes] = {
        "stages/dev.toml": REQUIRED.encode(),
        "stages/prod.toml": REQUIRED.encode(),
    }
    for name, content in {**sound, **files}.items():
        (folder / name).write_bytes(content)
    if not any(name.startswith("stages/live.adoption") for name in files):
        for record in stages.glob("*.json"):
            record.unlink()
    return {
        "ATOMIC_STAGES_DIR": str(stages),
        "ATOMIC_STATE_DIR": str(folder / "states"),
        "CDKTF_OUTDIR": str(folder / "cdktf.out"),
    }


def _synthesis(environ: Mapping[str, str]) -> Outcome:
    return run(lambda: synthesize_stages(dict(environ)), arguments=[], environ=environ)


def _stage_file(folder: Path, content: bytes) -> Outcome:
    return _synthesis({**_world(folder, **{"stages/dev.toml": content}), "ATOMIC_STAGE": "dev"})


def _record(folder: Path, content: bytes) -> Outcome:
    stage = f'region = "us-east-1"\nphase = "adopt"\n{REQUIRED}'.encode()
    files = {"stages/live.adoption.json": content, "stages/live.toml": stage}
    return _synthesis({**_world(folder, **files), "ATOMIC_STAGE": "live"})


def _environment(folder: Path, values: dict[str, str]) -> Outcome:
    # A state folder anywhere would be made there.
    safe = {name: value for name, value in values.items() if not name.endswith("DIR")}
    inside = {
        name: str(folder / value.replace("/", "_"))
        for name, value in values.items()
        if name not in safe
    }
    return _synthesis({**_world(folder), **safe, **inside})


def _gate(folder: Path, content: bytes) -> Outcome:
    environ = _world(folder, **{"plan.json": content})
    arguments = ["gate", "--stage", "prod", "--plan", str(folder / "plan.json")]
    environ["ATOMIC_STAGES_DIR"] = str(folder / "kept")
    (folder / "kept").mkdir(exist_ok=True)
    (folder / "kept" / "prod.toml").write_text(REQUIRED)
    return run(ops_main, arguments=arguments, environ=environ)


def _judges(folder: Path, content: bytes) -> Outcome:
    """The adoption gate's judge, behind the door that all plans come in by."""
    path = folder / "plan.json"
    path.write_bytes(content)
    record, document = base_record(), bound_document("full")  # before jsii is out of reach

    def judged() -> int:
        try:
            plan = read_plan(path)
            judge(plan, record, phase="full", document=document)
        except AdoptionError as error:
            print(error)
            return 1
        return 0

    return run(judged, arguments=[], environ={})


def _state(folder: Path, content: bytes) -> Outcome:
    environ = _world(folder, **{"state.json": content, "legacy/main.tf": b"locals {}\n"})
    arguments = ["inventory", "--stage", "dev", "--legacy", str(folder / "legacy")]
    arguments += ["--state", str(folder / "state.json")]
    return run(imports_main, arguments=arguments, environ=environ)


def _line(main: Callable[[], object]) -> Callable[[Path, list[str]], Outcome]:
    def of(folder: Path, words: list[str]) -> Outcome:
        environ = _world(folder, **{"plan.json": json.dumps(PLAN).encode(), "state.json": b"{}"})
        named = {"LEGACY": folder / "legacy", "PLAN": folder / "plan.json"}
        named |= {"STATE": folder / "state.json", "FOLDER": folder, "NOWHERE": folder / "no"}
        return run(main, arguments=[str(named.get(word, word)) for word in words], environ=environ)

    return of


def _words(commands: list[str], options: list[str]) -> st.SearchStrategy[list[str]]:
    value = st.sampled_from(
        ["dev", "prod", "nope", "LEGACY", "PLAN", "STATE", "FOLDER", "NOWHERE", "0"]
    )
    argument = st.one_of(
        st.tuples(st.sampled_from(options), value),
        st.tuples(st.sampled_from(options), TEXT),
        st.tuples(st.sampled_from(options)),
        st.tuples(value | TEXT),
        st.just(("--stage", "dev")),
    )
    rest = st.lists(argument, max_size=5).map(
        lambda groups: [word for group in groups for word in group]
    )
    first = st.sampled_from([command.split() for command in commands]) | st.lists(TEXT, max_size=1)
    return st.tuples(first, rest).map(lambda parts: [*parts[0], *parts[1]])


_ENVIRONMENT = st.dictionaries(
    st.sampled_from([
        "ATOMIC_STAGE", "ATOMIC_STAGES_DIR", "ATOMIC_STATE_DIR", "AWS_ENDPOINT_URL",
        "ATOMIC_SYNTH_AFRESH", "CDKTF_OUTDIR", "CDKTF_CONTEXT_JSON", "SYNTH_HCL_OUTPUT",
    ]),
    TEXT | st.sampled_from(["", "dev", "dev,prod", ",", "dev,dev", "true", "http://[", "x" * 300]),
)  # fmt: skip
_IMPORTS = ["inventory", "gate", "adopt", "script", "status", "retire", "rollback"]
_OPS = ["gate", "drift", "state bootstrap", "state backups", "state restore", "state"]

TARGETS = (
    Target(name="stage files", inputs=STAGE_BYTES, run=_stage_file),
    Target(name="adoption records", inputs=documents(_small_record), run=_record),
    Target(name="main.py's environment", inputs=_ENVIRONMENT, run=_environment),
    Target(name="plans, ops gate", inputs=documents(lambda: PLAN), run=_gate),
    Target(name="plans, adoption's gate", inputs=documents(lambda: PLAN), run=_judges),
    Target(name="states, imports inventory", inputs=documents(_small_state), run=_state),
    Target(
        name="python -m imports",
        inputs=_words(
            _IMPORTS,
            ["--stage", "--legacy", "--state", "--var", "--plan", "--acknowledge", "--json", "--help"],
        ),
        run=_line(imports_main),
    ),
    Target(
        name="python -m ops",
        inputs=_words(_OPS, ["--stage", "--plan", "--allow", "--version", "--yes", "--json", "--help"]),
        run=_line(ops_main),
    ),
    Target(
        name="python -m local.aws",
        inputs=_words(["--port 0"], ["--port", "--log-requests", "--help"]),
        run=_line(aws_app),
    ),
)  # fmt: skip
