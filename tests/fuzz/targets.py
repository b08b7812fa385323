"""What bad input is given to, one row each."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w
from hypothesis import strategies as st

from common.errors import UserError
from common.text_files import decode_state
from imports.__main__ import main as imports_main
from imports.gate import judge_adoption
from imports.inventory import decide
from imports.record import AdoptionRecord
from imports.recovery import recovery_stage
from imports.sources.cloudformation.owners_stack import read_template_file
from imports.sources.terraform_base.planned import read_configuration as read_legacy_plan
from local.aws import app as aws_app
from modules.settings.secrets import SECRETS
from ops.__main__ import main as ops_main
from ops.commands.secrets import piped_value
from ops.secrets.secret_shapes import error_in, wrong_kind
from ops.tasks.hasura_metadata import read_metadata, read_source, replacement
from synth.stages import synthesize_stages
from terraform.environment import refusal
from terraform.instances import account_in
from terraform.plan import Plan
from terraform.plan_file import read_plan
from terraform.premises import StateSeen, refuse_stale_plan
from terraform.stack import Stack
from terraform.state import dump_document, parse_document
from terraform.state_file import local_state_file, lock_info_path
from terraform.state_lock import cut_short, local_lock, lost_state
from terraform.state_surgery import add_objects
from tests.fuzz import base
from tests.fuzz.command_lines import IMPORTS, OPS, line, words
from tests.fuzz.inputs import EDITS, TEXT, documents, edited
from tests.fuzz.sealed import Outcome, run
from tests.fuzz.worlds import REQUIRED, behind, world
from tests.imports.records import STAGE, a_plan, planned
from tests.imports.sources.cloudformation.test_verdicts import document, judged_stack
from tests.modules.settings.test_stage_files_fuzz import LINES
from tests.ops.secrets.test_secret_shapes import GOOD
from tests.ops.tasks.test_metadata_folder import FILES as FOLDER
from tests.stages import STAGES_DIR, VARIANTS

PLAN = a_plan(
    planned("aws_db_instance.main", "delete", "create", replace_paths=[["db_name"]]),
    planned("aws_vpc.main", "update", before={"id": "a", "tags": {"a": "b"}}, after={"id": "a"}),
    planned("aws_security_group.app"),
    planned("aws_nat_gateway.main_0", "create", after={"tags": {}}, after_unknown={"id": True}),
)


_CHECK = {
    "address": {"to_display": "aws_vpc.main"},
    "status": "fail",
    "instances": [
        {
            "address": {"to_display": "aws_vpc.main"},
            "status": "fail",
            "problems": [{"message": "no"}],
        }
    ],
}


@dataclass(frozen=True, kw_only=True)
class Target:
    """Something that reads input; `run` takes a folder of its own and one input.

    `accepted` are the exit codes that say that the input was good: the code behind its checks has run.
    """

    name: str
    inputs: st.SearchStrategy[Any]
    run: Callable[[Path, Any], Outcome]
    accepted: frozenset[int] = frozenset({0})

    def accepts(self, content: Any, outcome: Outcome) -> bool:
        """Whether the input was accepted; to be shown the help is no work done."""
        asked_for_help = isinstance(content, list) and "--help" in content
        return outcome.code in self.accepted and not asked_for_help


# What judges a plan ends with 2 where the plan is not to be applied: it has been read all the same.
JUDGED = frozenset({0, 2})


def _texts_of_stages() -> list[str]:
    shipped = [path.read_text() for path in sorted(STAGES_DIR.glob("*.toml"))]
    return [*shipped, *(tomli_w.dumps(document) for document in VARIANTS.values())]


def _stage_files() -> st.SearchStrategy[bytes]:
    sound = st.tuples(st.sampled_from(_texts_of_stages()), EDITS).map(
        lambda parts: edited(*parts).encode()
    )
    soup = st.lists(LINES | TEXT, max_size=6).map("".join)
    any_text = st.one_of(soup, soup.map(lambda text: REQUIRED + text)).map(str.encode)
    # Windows' editors begin a file with a mark.
    marked = st.tuples(st.sampled_from([b"\xef\xbb\xbf", b"\xff\xfe"]), sound).map(b"".join)
    return st.one_of(sound, sound, marked, any_text, st.binary())


def _synthesis(folder: Path, *, stage: str, phase: str, **files: bytes) -> Outcome:
    environ = {**world(folder, **files), "ATOMIC_STAGE": stage}
    return run(
        lambda: synthesize_stages(dict(environ)),
        arguments=[],
        environ=environ,
        stack=base.stack(phase),
    )


def _stage_file(folder: Path, content: bytes) -> Outcome:
    return _synthesis(folder, stage="dev", phase="full", **{"stages/dev.toml": content})


def _record(folder: Path, content: tuple[str, bytes]) -> Outcome:
    phase, record = content
    text = f'region = "us-east-1"\nphase = "{phase}"\n{REQUIRED}'.encode()
    files = {f"stages/{STAGE}.adoption.json": record, f"stages/{STAGE}.toml": text}
    return _synthesis(folder, stage=STAGE, phase=phase, **files)


def _environment(folder: Path, values: dict[str, str]) -> Outcome:
    # A state folder anywhere would be made there.
    safe = {name: value for name, value in values.items() if not name.endswith("DIR")}
    inside = {
        name: str(folder / value.replace("/", "_"))
        for name, value in values.items()
        if name not in safe
    }
    environ = {**world(folder), **safe, **inside}
    return run(
        lambda: synthesize_stages(dict(environ)),
        arguments=[],
        environ=environ,
        stack=base.stack("adopt"),
    )


def _imports(
    arguments: str, *, file: str = "", pulled: bool = False
) -> Callable[[Path, bytes], Outcome]:
    """`python -m imports` with the input as one of its files, or as the legacy state that terraform pulls."""

    def of(folder: Path, content: bytes) -> Outcome:
        files = {file: content} if file else {}
        return _command(
            imports_main, arguments, world(folder, **files), folder, content if pulled else None
        )

    return of


def _ops(arguments: str, *, file: str) -> Callable[[Path, bytes], Outcome]:
    """`python -m ops` with the input as one of its files."""

    def of(folder: Path, content: bytes) -> Outcome:
        return _command(ops_main, arguments, world(folder, **{file: content}), folder, None)

    return of


def _command(
    main: Callable[[], object],
    arguments: str,
    environ: dict[str, str],
    folder: Path,
    legacy_state: bytes | None,
) -> Outcome:
    return run(
        main,
        arguments=[
            str(folder / word[1:]) if word.startswith("@") else word for word in arguments.split()
        ],
        environ=environ,
        behind=behind(legacy=legacy_state),
        stack=base.stack("full" if main is ops_main else "adopt"),
        folder=folder,
    )


def _judges(folder: Path, content: bytes) -> Outcome:
    """The adoption gate's judge, behind the door that all plans come in by."""
    path = folder / "plan.json"
    path.write_bytes(content)
    record = AdoptionRecord.model_validate(base.record())
    document = base.bound_stack_document("adopt")  # before jsii is out of reach

    def judged() -> int:
        try:
            judge_adoption(read_plan(path), record, phase="adopt", stack=Stack(document=document))
        except UserError as error:
            print(error)
            return 1
        return 0

    return run(judged, arguments=[], environ={})


def _recovered(_folder: Path, content: bytes) -> Outcome:
    """What `recover` reads of a state, and makes of it."""

    def read() -> None:
        state = parse_document(decode_state(content, source="the state"), source="the state")
        recovery_stage.held_attributes(state)
        recovery_stage.held_ids(state)
        account_in(state)
        stack = Stack(document={})
        whole = recovery_stage.untainted(state)
        recovered = add_objects(whole, {}, stack, terraform_version="1.11.4")
        parse_document(dump_document(recovered), source="what is written")

    return _reading(read)


def _beside(folder: Path, content: bytes) -> Outcome:
    """What lies about a state: its lock, its backup, the note of an interrupted run, the folder's backend."""

    def read() -> None:
        state = folder / "terraform.tfstate"
        for name in ("cut-short.json", "environment", "terraform.tfstate"):
            (folder / ".terraform").mkdir(exist_ok=True)
            (folder / ".terraform" / name).write_bytes(content)
        for path in (state, lock_info_path(state), folder / "terraform.tfstate.backup"):
            path.write_bytes(content)
        (folder / "cdk.tf.json").write_bytes(content)
        lock = local_lock(state)
        assert lock is not None  # the file is there
        lost = lost_state(state)
        print(lock.text, lock.remedy(folder), cut_short(folder))
        print(local_state_file(folder), refusal({}, folder))
        if lost:
            raise UserError(lost)

    return _reading(read)


def _template(folder: Path, content: bytes) -> Outcome:
    """A CloudFormation template: what becomes of each of its rows."""
    path = folder / "template.json"
    path.write_bytes(content)
    return _reading(lambda: judged_stack(read_template_file(path)))


def _plan_file(folder: Path, content: bytes) -> Outcome:
    """The state in a plan file as Terraform writes it."""
    path = folder / "now.tfplan"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tfstate", content)
    seen = StateSeen(place="here", serial=7, lineage="of-dev", objects=1)
    return _reading(lambda: refuse_stale_plan(path, seen))


def _legacy_plan(_folder: Path, content: bytes) -> Outcome:
    """What is read of a legacy folder's plan, and decided."""

    def read() -> int:
        try:
            configured = read_legacy_plan(Plan(document=json.loads(content)))
            decide(configured.objects, attributes={}, errors={})
        except UserError as error:
            print(error)
            return 1
        except (ValueError, RecursionError):  # Terraform never writes what is not JSON
            print("not JSON")
            return 1
        return 0

    return run(read, arguments=[], environ={})


def _metadata(folder: Path, content: bytes) -> Outcome:
    """What is read of Hasura's metadata, before anything is asked of a stage."""
    path = folder / "metadata.json"
    path.write_bytes(content)
    return _reading(lambda: json.dumps(replacement(read_metadata(path))))


def _metadata_folder(folder: Path, changes: list[tuple[str, Any]]) -> Outcome:
    """The same of a folder of YAML files, some of them changed, a few no text at all."""
    written = {name: text.encode() for name, text in FOLDER.items()}
    for name, change in changes:
        written[name] = (
            change if isinstance(change, bytes) else edited(FOLDER[name], change).encode()
        )
    for name, content in written.items():
        path = folder / "metadata" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return _reading(lambda: json.dumps(replacement(read_source(folder / "metadata").metadata)))


def _secret(_folder: Path, given: tuple[str, bytes]) -> Outcome:
    """A secret's value from standard input, as far as its checks; none of them may show it."""
    name, content = given

    def check() -> None:
        value = piped_value(content, name=name)
        wrong = error_in(name, value) or wrong_kind(name, value)
        if wrong and len(value) > _LONG and value in wrong:
            raise AssertionError(f"the value of {name} is shown")
        if wrong:
            raise UserError(wrong)

    return _reading(check)


def _reading(read: Callable[[], object]) -> Outcome:
    def told() -> int:
        try:
            read()
        except UserError as error:
            print(error)
            return 1
        return 0

    return run(told, arguments=[], environ={})


# A shorter value may be a word of the complaint.
_LONG = 24
_METADATA = {
    "resource_version": 7,
    "metadata": {
        "version": 3,
        "sources": [{"name": "default", "kind": "postgres", "tables": [{"table": {"name": "é"}}]}],
    },
}


def _folders() -> st.SearchStrategy[list[tuple[str, Any]]]:
    """Up to three changed files, mostly by lines; what YAML takes for something else among them."""
    pieces = st.sampled_from([
        "- &a [*a]", "? {a: b}", "!include version.yaml", '- "!include ../version.yaml"',
        "!!python/object:x {}", "2020-01-01", "- 0x7fffffff", "<<: {}", "a: b: c", "\t- x", "*gone",
        "~", ".inf", "!!binary eA==",
        "!!set {a}", "extend type Query { a: [B!]! }", "type Mutation", '"""', "...", "---", "e: é",
    ])  # fmt: skip
    edits = st.lists(
        st.tuples(
            st.integers(0, 2**31),
            st.sampled_from(["vary", "drop", "double", "insert", "cut"]),
            pieces,
        ),
        max_size=2,
    )
    hopeless = st.binary(max_size=40) | st.integers(1, 3000).map(lambda depth: b"[" * depth)
    change = st.one_of(edits, edits, edits, hopeless)
    return st.lists(st.tuples(st.sampled_from(sorted(FOLDER)), change), max_size=3)


def _secrets() -> st.SearchStrategy[tuple[str, bytes]]:
    """Values that are right for their secret, with a piece put into some; and what is none at all."""
    pieces = st.sampled_from([
        "", "\n", "\r\n", "\ufeff", "\u200b", "\u00a0", "\x00", "'", '"', "[", "]", ":", "@", ":99999", "é",
    ]) | TEXT  # fmt: skip
    changed = st.tuples(st.sampled_from(sorted(GOOD.items())), st.integers(0, 80), pieces).map(
        lambda parts: (parts[0][0], parts[0][1][: parts[1]] + parts[2] + parts[0][1][parts[1] :])
    )
    encodings = st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16"])
    encoded = st.tuples(changed, encodings).map(
        lambda parts: (parts[0][0], parts[0][1].encode(parts[1]))
    )
    deep = st.sampled_from(["[", '{"key":']).flatmap(
        lambda piece: st.integers(1, 6000).map(lambda depth: piece.encode() * depth)
    )
    names = st.sampled_from([row.name for row in SECRETS])
    return encoded | encoded | st.tuples(names, deep | st.binary(max_size=60))


_ENVIRONMENT = st.dictionaries(
    st.sampled_from([
        "ATOMIC_STAGE", "ATOMIC_STAGES_DIR", "ATOMIC_STATE_DIR", "AWS_ENDPOINT_URL",
        "ATOMIC_SYNTH_AFRESH", "CDKTF_OUTDIR", "CDKTF_CONTEXT_JSON", "SYNTH_HCL_OUTPUT",
    ]),
    TEXT | st.sampled_from(["", "dev", "dev,prod", ",", "dev,dev", "true", "http://[", "x" * 300]),
)  # fmt: skip

_RECORDS = documents(base.record)
_STATES = documents(base.state)
_LOCKS = documents(lambda: {"ID": "a", "Who": "ann@laptop", "Created": "2026-01-02T03:04:05.123Z"})
_INVENTORY = "inventory --stage new --legacy @legacy"
_RECORD_FILE = f"stages/{STAGE}.adoption.json"

TARGETS = (
    Target(name="stage files", inputs=_stage_files(), run=_stage_file),
    Target(
        name="adoption records, synthesis",
        inputs=st.tuples(st.sampled_from(["adopt", "full"]), _RECORDS),
        run=_record,
    ),
    Target(
        name="adoption records, imports adopt",
        inputs=_RECORDS,
        run=_imports(f"adopt --stage {STAGE}", file=_RECORD_FILE),
    ),
    Target(name="main.py's environment", inputs=_ENVIRONMENT, run=_environment),
    Target(
        name="plans, ops gate",
        inputs=documents(lambda: {**PLAN.document, "checks": [_CHECK]}),
        run=_ops("gate --stage prod --plan @plan.json", file="plan.json"),
        accepted=JUDGED,
    ),
    Target(
        name="plans, ops report",
        inputs=documents(base.reported_plan),
        run=_ops(
            "report --stage dev --plan @plan.json --out @page.html --markdown @text.md",
            file="plan.json",
        ),
        accepted=JUDGED,
    ),
    Target(name="plans, adoption's gate", inputs=documents(base.plan), run=_judges),
    Target(
        name="states, imports inventory",
        inputs=_STATES,
        run=_imports(f"{_INVENTORY} --state @state.json", file="state.json"),
    ),
    Target(
        name="states, imports retire",
        inputs=_STATES,
        run=_imports(f"retire --stage {STAGE} --legacy @legacy --acknowledge", pulled=True),
    ),
    Target(
        name="states, ops cost",
        inputs=_STATES,
        run=_ops("cost --stage dev --legacy-state @state.json", file="state.json"),
    ),
    Target(name="states, recover", inputs=_STATES, run=_recovered),
    Target(name="what lies beside a state", inputs=_STATES | _LOCKS, run=_beside),
    Target(name="templates", inputs=documents(lambda: document("guide")), run=_template),
    Target(
        name="plan files",
        inputs=documents(lambda: {"serial": 7, "lineage": "of-dev"}),
        run=_plan_file,
    ),
    Target(name="legacy plans", inputs=documents(base.legacy_plan), run=_legacy_plan),
    Target(
        name="stacks, ops report",
        inputs=documents(lambda: json.loads(base.stack("full"))),
        run=_ops(
            "report --stage dev --plan @plan.json --out @page.html --base @stack.json",
            file="stack.json",
        ),
        accepted=JUDGED,
    ),
    Target(name="Hasura's metadata", inputs=documents(lambda: _METADATA), run=_metadata),
    Target(name="a folder of Hasura's metadata", inputs=_folders(), run=_metadata_folder),
    Target(name="secrets from standard input", inputs=_secrets(), run=_secret),
    Target(name="python -m imports", inputs=words(*IMPORTS), run=line(imports_main)),
    Target(name="python -m ops", inputs=words(*OPS), run=line(ops_main)),
    Target(
        name="python -m local.aws",
        inputs=words("--port 0", "--log-requests --port 0", "--lenient --port 0"),
        run=line(aws_app),
    ),
)
