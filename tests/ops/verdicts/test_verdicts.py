"""No verdict without its premises: what gate, drift, report, doctor and status say where something is hidden.

Terraform answers from memory and AWS is moto's: what is tried is what each command takes for an all-clear.
"""

import json
import os
import threading
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from terraform.state_file import CUT_SHORT
from tests.answer import Answer
from tests.fuzz.answers import Processes, instead_of_processes
from tests.imports import records
from tests.imports.records import planned
from tests.ops.answering import answer

TOPIC = "aws_sns_topic.alarms"
TOPICS = {"id": "t", "name": "atomic-dev-AlarmTopic"}
UNCHANGED = planned(TOPIC, before=TOPICS, after=TOPICS)
REQUIRED = 'domain_name = "app.example.com"\noperator_email = "ops@example.com"\n'


def a_plan(*changes: dict[str, Any]) -> dict[str, Any]:
    """A plan of these changes, in JSON."""
    return dict(records.a_plan(*changes).document)


def of_a_state(*ids: tuple[str, str], **parts: Any) -> dict[str, Any]:
    """What a plan says of the state that it was made of."""
    resources = [
        {
            "address": address,
            "mode": "managed",
            "type": address.partition(".")[0],
            "values": {"id": id_},
        }
        for address, id_ in ids
    ]
    return {"prior_state": {"values": {"root_module": {"resources": resources}}}, **parts}


WHOLE = {**a_plan(UNCHANGED), **of_a_state((TOPIC, "t"))}


def a_state(serial: int = 7, *, lineage: str = "of-dev", version: int = 4) -> bytes:
    """A state that holds the topic."""
    instance = {"schema_version": 0, "attributes": TOPICS}
    provider = 'provider["registry.terraform.io/hashicorp/aws"]'
    topic = {
        "mode": "managed",
        "type": "aws_sns_topic",
        "name": "alarms",
        "provider": provider,
        "instances": [instance],
    }
    return json.dumps(
        {
            "version": version,
            "terraform_version": "1.11.4",
            "serial": serial,
            "lineage": lineage,
            "outputs": {},
            "resources": [topic],
        }
    ).encode()


@dataclass(frozen=True, kw_only=True)
class World:
    """A deployed stage dev with a local state, and an AWS that is empty."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    @property
    def state(self) -> Path:
        return self.folder / "terraform.atomic-dev.tfstate"

    @property
    def lock(self) -> Path:
        return self.folder / ".terraform.atomic-dev.tfstate.lock.info"

    def ops(
        self, command: str, *arguments: object, plan: Any = WHOLE, here: bytes | None = None
    ) -> Answer:
        """`python -m ops COMMAND --stage dev`, where Terraform plans `plan` upon the state `here`."""
        stored = self.state.read_bytes() if self.state.exists() else b""
        processes = Processes(
            legacy=b"",
            here=stored if here is None else here,
            stack="{}",
            plan=json.dumps(plan).encode(),
        )
        with instead_of_processes(processes):
            return answer(self.monkeypatch, self.capsys, command, "--stage", "dev", *arguments)

    def verdict(self, command: str, *arguments: object, **facts: Any) -> Answer:
        """The same for a command that plans."""
        page = ("--out", self.folder / "page.html") if command == "report" else ()
        return self.ops(command, *page, *arguments, **facts)

    def doctor(self, *arguments: str, **facts: Any) -> dict[str, tuple[str, str, str]]:
        """The doctor's findings by name: state, what, remedy."""
        said = self.ops("doctor", "--json", *arguments, **facts)
        assert said.code == 2, said.errors
        return {
            each["name"]: (each["state"], each["what"], each["remedy"])
            for each in json.loads(said.text)["findings"]
        }

    def given(self, plan: Any) -> Path:
        """A file with a plan in it."""
        path = self.folder / "plan.json"
        path.write_bytes(plan if isinstance(plan, bytes) else json.dumps(plan).encode())
        return path


@pytest.fixture(name="world")
def _world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[World]:
    (tmp_path / "dev.toml").write_text(REQUIRED)
    for name, value in {
        "ATOMIC_STAGES_DIR": tmp_path,
        "ATOMIC_STATE_DIR": tmp_path,
        "CDKTF_OUTDIR": tmp_path / "cdktf.out",
    }.items():
        monkeypatch.setenv(name, str(value))
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        world = World(folder=tmp_path, monkeypatch=monkeypatch, capsys=capsys)
        world.state.write_bytes(a_state())
        yield world


PLANNING = ("gate", "drift", "report")


def refused(said: Answer) -> str:
    """The one line of an error."""
    assert said.code == 1, said.text
    assert said.text == ""
    (line,) = (line for line in said.errors.splitlines() if not line.startswith("... "))
    return line


# --- what each says where nothing is hidden


def test_the_gate_names_what_it_looked_at(world: World) -> None:
    said = world.ops("gate")

    assert said.code == 0
    assert said.text.splitlines()[-2:] == [
        f"looked at: a plan made now, upon the state {world.state} (serial 7, 1 objects)",
        "open",
    ]


def test_programs_read_what_the_gate_looked_at(world: World) -> None:
    looked_at = json.loads(world.ops("gate", "--json").text)["looked_at"]

    assert looked_at["plan"] is None
    assert looked_at["state"] == {
        "place": str(world.state),
        "serial": 7,
        "lineage": "of-dev",
        "objects": 1,
    }


def test_the_drift_names_what_it_looked_at(world: World) -> None:
    said = world.ops("drift")

    assert said.code == 0
    assert said.text.splitlines() == [
        f"looked at: a plan made now, upon the state {world.state} (serial 7, 1 objects)",
        "no drift: AWS is as the last deploy left it",
    ]
    assert json.loads(world.ops("drift", "--json").text)["looked_at"]["state"]["serial"] == 7


def test_the_report_names_what_it_looked_at_on_screen_and_page(world: World) -> None:
    said = world.verdict("report")

    looked_at = f"looked at: a plan made now, upon the state {world.state} (serial 7, 1 objects)"
    assert said.code == 0
    assert looked_at in said.text
    assert looked_at in (world.folder / "page.html").read_text()


def test_a_given_plan_is_named_with_its_moment_and_what_it_was_held_against(world: World) -> None:
    path = world.given({**WHOLE, "timestamp": "2026-01-02T03:04:05Z"})

    said = world.ops("gate", "--plan", path)
    world.state.unlink()
    without_state = world.ops("gate", "--plan", path)

    looked_at = f"looked at: the plan in {path} (made 2026-01-02T03:04:05Z), of 1 objects; "
    assert said.text.splitlines()[-2] == (
        f"{looked_at}the same objects and values as in the state {world.state}, whose lineage a plan in JSON "
        "does not tell; AWS was not asked"
    )
    assert without_state.text.splitlines()[-2] == f"{looked_at}the state itself was not asked"


def test_a_given_plan_that_is_trimmed_is_not_said_to_be_of_the_state(world: World) -> None:
    said = world.ops("gate", "--plan", world.given(a_plan(UNCHANGED)))

    assert "of 0 objects; the state itself was not asked" in said.text


# --- Terraform's environment

ELSEWHERE = [
    ("TF_WORKSPACE", "odd"),
    ("TF_DATA_DIR", "/elsewhere"),
    ("TF_REATTACH_PROVIDERS", "{}"),
    ("TF_CLI_ARGS", "-lock=false"),
    ("TF_CLI_ARGS", "'"),
    ("TF_CLI_ARGS_plan", "-refresh=false"),
    ("TF_CLI_ARGS_plan", "-no-color -target=aws_sns_topic.alarms"),
    ("TF_CLI_ARGS_plan", "--target aws_sns_topic.alarms"),
    ("TF_CLI_ARGS_plan", "-parallelism=5 other.tfplan"),
    ("TF_CLI_ARGS_apply", "-target=aws_sns_topic.alarms"),
    ("TF_CLI_ARGS_init", "-backend-config=key=other"),
    ("TF_CLI_ARGS_show", "other.tfplan"),
    ("TF_CLI_ARGS_state_pull", "-state=other"),
    ("TF_CLI_ARGS_refresh", "-state other"),
    ("AWS_S3_ENDPOINT", "http://127.0.0.1:9"),
    ("TF_AWS_STS_ENDPOINT", "http://127.0.0.1:9"),
]
HARMLESS = [
    ("TF_WORKSPACE", "default"),
    ("TF_CLI_ARGS", ""),
    ("TF_CLI_ARGS_plan", "-parallelism=5 -lock-timeout 20s -no-color -compact-warnings"),
    ("TF_CLI_ARGS_apply", "-parallelism 5"),
    ("TF_LOG", "INFO"),
    ("TF_LOG_PROVIDER", "TRACE"),
    ("TF_INPUT", "0"),
    ("TF_VAR_region", "eu-west-1"),
    ("TF_IN_AUTOMATION", "1"),
    ("TF_PLUGIN_CACHE_DIR", "/cache"),
    ("TF_CLI_CONFIG_FILE", os.devnull),
    ("TF_REGISTRY_CLIENT_TIMEOUT", "5"),
]


@pytest.mark.parametrize("command", [*PLANNING, "recover"])
@pytest.mark.parametrize(("name", "value"), ELSEWHERE)
def test_a_variable_that_leads_terraform_elsewhere_is_named_and_nothing_is_judged(
    world: World, command: str, name: str, value: str
) -> None:
    world.monkeypatch.setenv(name, value)

    said = refused(world.verdict(command))

    assert said.startswith(f"error: {name} ")
    assert f"`unset {name}`" in said
    assert "=" not in said  # an option's value may be a secret


@pytest.mark.parametrize(("name", "value"), ELSEWHERE)
def test_the_doctor_names_the_variable_and_does_not_plan_with_it(
    world: World, name: str, value: str
) -> None:
    world.monkeypatch.setenv(name, value)

    state, what, remedy = world.doctor("--deep")["environment"]

    assert (state, remedy.rpartition("run ")[2]) == ("attention", f"`unset {name}` first")
    assert what.startswith(name)


@pytest.mark.parametrize("command", [*PLANNING, "recover"])
def test_nothing_is_judged_by_another_provider_than_the_locked_one(
    world: World, command: str
) -> None:
    settings = world.folder / "own.rc"
    settings.write_text('provider_installation { dev_overrides { "hashicorp/aws" = "/x" } }')
    world.monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(settings))

    said = refused(world.verdict(command))

    assert said.startswith(f"error: {settings} (TF_CLI_CONFIG_FILE) has hashicorp/aws in dev_")
    assert world.doctor()["environment"][0] == "attention"


@pytest.mark.parametrize("command", PLANNING)
@pytest.mark.parametrize(("name", "value"), HARMLESS)
def test_a_variable_that_changes_no_plan_is_left_alone(
    world: World, command: str, name: str, value: str
) -> None:
    world.monkeypatch.setenv(name, value)

    assert world.verdict(command).code == 0


@pytest.mark.parametrize(("name", "value"), HARMLESS)
def test_the_doctor_passes_over_a_variable_that_changes_no_plan(
    world: World, name: str, value: str
) -> None:
    world.monkeypatch.setenv(name, value)

    assert "environment" not in world.doctor()


def test_an_old_name_of_the_same_endpoint_leads_nowhere_else(world: World) -> None:
    world.monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    world.monkeypatch.setenv("AWS_S3_ENDPOINT", "http://127.0.0.1:9")

    assert world.ops("gate").code == 0


@pytest.mark.parametrize("command", PLANNING)
def test_a_folder_that_selects_another_workspace_is_refused(world: World, command: str) -> None:
    path = world.folder / "cdktf.out/stacks/atomic-dev/.terraform/environment"
    path.parent.mkdir(parents=True)
    path.write_text("odd")

    assert refused(world.verdict(command)).startswith(f"error: {path} selects another workspace")
    assert world.doctor()["environment"][0] == "attention"


@pytest.mark.parametrize(("name", "value"), ELSEWHERE)
def test_the_status_asks_aws_alone(world: World, name: str, value: str) -> None:
    without = world.ops("status")
    world.monkeypatch.setenv(name, value)
    world.state.write_bytes(b"")

    said = world.ops("status")
    assert (said.code, said.text) == (without.code, without.text)
    assert without.code == 2  # nothing runs


# --- half plans

HALF: dict[str, tuple[Mapping[str, Any], str]] = {
    "incomplete": ({"complete": False}, "incomplete, as one made with -target is"),
    "errored": ({"errored": True}, "of a run that failed: plan again"),
    "deferred": ({"deferred_changes": [{"reason": "instance_count_unknown"}]}, "defers 1 of its"),
    "deferred actions": ({"deferred_action_invocations": [{}, {}]}, "defers 2 of its"),
    "not applyable": (
        {**a_plan(planned(TOPIC, "update", before=TOPICS, after=TOPICS)), "applyable": False},
        "cannot be applied",
    ),
    "targeted, by an older Terraform": (
        of_a_state((TOPIC, "t"), ("aws_db_instance.main", "db")),
        "says nothing of 1 of the 2 objects in its state (aws_db_instance.main)",
    ),
    "with an action of a later Terraform": (
        a_plan(UNCHANGED, planned("aws_db_instance.main", "archive", before={"id": "db"})),
        'has the action "archive" for "aws_db_instance.main", which is not known here',
    ),
    "without an action": (
        a_plan(UNCHANGED, {**UNCHANGED, "change": {**UNCHANGED["change"], "actions": []}}),
        'has no action for "aws_sns_topic.alarms": plan with the project\'s Terraform',
    ),
    "of an unknown mode": (
        a_plan(UNCHANGED, {**planned("aws_db_instance.main", "delete"), "mode": "kept"}),
        'has a resource of mode "kept", "aws_db_instance.main", which is not known here',
    ),
    "of an unknown format": ({"format_version": "2.0"}, 'is of format "2.0"'),
}


@pytest.mark.parametrize("command", ["gate", "report"])
@pytest.mark.parametrize(("parts", "why"), HALF.values(), ids=HALF)
def test_half_a_plan_that_is_given_is_no_verdict(
    world: World, command: str, parts: Mapping[str, Any], why: str
) -> None:
    world.state.unlink()  # judged on another machine than the plan was made on
    path = world.given({**WHOLE, **parts})

    said = refused(world.ops(command, "--plan", path))

    assert said.startswith(f"error: {path}: ")
    assert why in said


@pytest.mark.parametrize("command", PLANNING)
@pytest.mark.parametrize(("parts", "why"), HALF.values(), ids=HALF)
def test_half_a_plan_that_terraform_makes_is_no_verdict(
    world: World, command: str, parts: Mapping[str, Any], why: str
) -> None:
    assert why in refused(world.verdict(command, plan={**WHOLE, **parts}))


@pytest.mark.parametrize(("parts", "why"), HALF.values(), ids=HALF)
def test_half_a_plan_is_unknown_to_the_doctor(
    world: World, parts: Mapping[str, Any], why: str
) -> None:
    state, what, remedy = world.doctor("--deep", plan={**WHOLE, **parts})["drift"]

    assert state == "unknown"
    assert why in f"{what}: {remedy}"


def test_what_half_a_plan_destroys_is_blocked_and_the_rest_is_said_to_be_unknown(
    world: World,
) -> None:
    replaced = planned("aws_db_instance.main", "delete", "create", before={"id": "db"})
    made = planned(
        "aws_sqs_queue.new", "create", after={"name": "new"}
    )  # counts for none of the state
    world.state.unlink()
    plan = {**a_plan(replaced, made), **of_a_state((TOPIC, "t"), ("aws_db_instance.main", "db"))}

    (world.folder / "dev.toml").write_text(f"{REQUIRED}retain_data = false\n")
    said = world.ops("gate", "--plan", world.given({**plan, "complete": False}), "--json")

    # A stage that keeps no data: its loss blocks nothing; the plan is half all the same.
    assert said.code == 1
    (world.folder / "dev.toml").write_text(REQUIRED)
    said = world.ops("gate", "--plan", world.given({**plan, "errored": True}))
    assert said.code == 2
    assert "this is not all: 1 of the 2 objects in the state were planned" in said.text


def test_a_long_list_of_losses_is_not_repeated_in_the_remedy(world: World) -> None:
    (world.folder / "dev.toml").write_text(f"{REQUIRED}retain_data = true\n")
    lost = [planned(f"aws_ecr_repository.a{n}", "delete", before={"id": f"{n}"}) for n in range(25)]
    world.state.unlink()

    said = world.ops("gate", "--plan", world.given(a_plan(*lost)))

    assert said.code == 2
    assert "allow_destroy = [... the 25 addresses above ...]" in said.text


# --- whose plan it is

FOREIGN: dict[str, tuple[Mapping[str, Any], str]] = {
    "another stage's tags": (
        {
            "configuration": {
                "provider_config": {
                    "aws": {
                        "expressions": {
                            "default_tags": [{"tags": {"constant_value": {"Stage": "prod"}}}]
                        }
                    }
                }
            }
        },
        'the tag Stage = "prod"',
    ),
    "another region": (
        {
            "configuration": {
                "provider_config": {
                    "aws": {"expressions": {"region": {"constant_value": "eu-west-1"}}}
                }
            }
        },
        'of region "eu-west-1"',
    ),
    "another stack's names": (
        a_plan(planned(TOPIC, before=TOPICS, after={"id": "t", "name": "atomic-prod-AlarmTopic"})),
        'is "atomic-prod-AlarmTopic", in stage dev atomic-dev-AlarmTopic',
    ),
    "modules": (a_plan(planned("module.vpc.aws_vpc.main")), "a stage has no modules"),
    "another cloud": (a_plan(planned("google_sql_database.main")), "resources of AWS alone"),
}


@pytest.mark.parametrize("command", ["gate", "report"])
@pytest.mark.parametrize(("parts", "why"), FOREIGN.values(), ids=FOREIGN)
def test_a_plan_of_another_stage_is_refused(
    world: World, command: str, parts: Mapping[str, Any], why: str
) -> None:
    said = refused(world.ops(command, "--plan", world.given({**WHOLE, **parts})))

    assert "not a plan of stage dev: " in said
    assert why in said


@pytest.mark.parametrize(
    ("prior", "why"),
    [
        ([], f"the state holds {TOPIC}, which the plan would create"),
        ([(TOPIC, "u")], f"{TOPIC} is another object in the state than in the plan"),
        ([("aws_lb.main", "b")], "the plan knows aws_lb.main, which the state does not hold"),
    ],
)
def test_a_plan_of_an_older_state_is_refused(
    world: World, prior: list[tuple[str, str]], why: str
) -> None:
    changes = [planned(address, before={"id": id_}) for address, id_ in prior]
    changes = changes or [planned(TOPIC, "create", after=TOPICS)]
    path = world.given({**a_plan(*changes), **of_a_state(*prior)})

    said = refused(world.ops("gate", "--plan", path))

    assert said == f"error: {path}: made of another state than {world.state}: {why}: plan again"


@pytest.mark.parametrize(("id_", "is_open"), [("q", True), ("r", False)])
def test_a_plan_that_moves_an_object_is_of_the_state_that_holds_it_at_its_old_address(
    world: World, id_: str, is_open: bool
) -> None:
    """As after a service was renamed: Terraform tells the state with the new addresses."""
    held = json.loads(a_state())
    queue = {**held["resources"][0], "type": "aws_sqs_queue", "name": "old"}
    queue["instances"] = [{"schema_version": 0, "attributes": {"id": id_}}]
    world.state.write_text(json.dumps({**held, "resources": [*held["resources"], queue]}))
    values = {"id": "q"}
    moved = planned("aws_sqs_queue.new", before=values, after=values)
    moved["previous_address"] = "aws_sqs_queue.old"
    prior = of_a_state((TOPIC, "t"), ("aws_sqs_queue.new", "q"))
    path = world.given({**a_plan(UNCHANGED, moved), **prior})

    said = world.ops("gate", "--plan", path)

    if is_open:
        assert (said.code, said.text.splitlines()[-1]) == (0, "open"), said.errors
    else:
        assert "aws_sqs_queue.new is another object in the state than in the plan" in refused(said)


@pytest.mark.parametrize(
    ("values", "parts", "differs"),
    [
        ({"id": "t", "name": "before"}, {}, True),
        ({"id": "t", "name": "before"}, {"resource_drift": [planned(TOPIC)]}, False),
        ({"id": "t", "name": "before"}, {"schema_version": 1}, False),
        ({"id": "t", "later": None}, {}, False),
    ],
    ids=["another value", "changed outside since", "of another schema", "unknown to the state"],
)
def test_a_plan_in_json_is_of_a_state_with_the_same_values(
    world: World, values: Mapping[str, Any], parts: dict[str, Any], differs: bool
) -> None:
    """GIVEN the same objects as in the state: that is all that JSON tells of a state's lineage."""
    prior = {"address": TOPIC, "mode": "managed", "values": values, **parts}
    state = {"prior_state": {"values": {"root_module": {"resources": [prior]}}}}
    path = world.given({**WHOLE, **state, **parts})

    said = world.ops("gate", "--plan", path)

    if differs:
        assert refused(said) == (
            f"error: {path}: made of another state than {world.state}: name of {TOPIC} is not in the state "
            "what it is in the plan: plan again"
        )
    else:
        assert said.code == 0, said.errors


IN_S3 = f'{REQUIRED}[state]\nbucket = "states"\n'


def _stored(world: World, text: bytes) -> None:
    (world.folder / "dev.toml").write_text(IN_S3)
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="states")
    s3.put_object(Bucket="states", Key="atomic-dev.tfstate", Body=text)


@pytest.mark.parametrize("command", ["gate", "report"])
def test_a_given_plan_is_held_against_a_state_in_s3(world: World, command: str) -> None:
    _stored(world, a_state())
    older = {**a_plan(planned(TOPIC, "create", after=TOPICS)), **of_a_state()}

    said = world.verdict(command, "--plan", world.given(WHOLE))

    place = "the state s3://states/atomic-dev.tfstate"
    assert f"the same objects and values as in {place}, whose lineage" in said.text
    said = world.verdict(command, "--plan", world.given(older))
    assert f"made of another state than {place.removeprefix('the state ')}" in refused(said)


def test_a_given_plan_of_a_state_in_s3_that_cannot_be_read_says_so(world: World) -> None:
    (world.folder / "dev.toml").write_text(IN_S3)
    world.monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    said = world.ops("gate", "--plan", world.given(WHOLE))

    assert said.code == 0
    assert "of 1 objects; the state itself was not asked" in said.text
    assert "not looked at: the state s3://states/atomic-dev.tfstate, which cannot be" in said.text


@pytest.mark.parametrize(("text", "what"), [(b"", "is empty"), (a_state()[:50], "is truncated")])
def test_a_state_in_s3_that_holds_nothing_is_lost_and_not_new(
    world: World, text: bytes, what: str
) -> None:
    _stored(world, text)

    for arguments in ((), ("--plan", world.given(WHOLE))):
        said = world.ops("gate", *arguments)
        assert said.code == 2, said.errors
        assert f"s3://states/atomic-dev.tfstate {what}: the state is lost" in said.text
        assert "python -m ops recover --stage dev" in said.text
    assert f"{what}: the state is lost" in refused(world.ops("drift"))
    found = world.doctor()["state"]
    assert (found[0], f"{what}: the state is lost" in found[1]) == ("attention", True)
    assert "python -m ops recover --stage dev" in found[2]


@pytest.mark.parametrize(
    ("resource", "why"),
    [
        (
            {"type": "google_sql_database_instance", "name": "main"},
            '"google_sql_database_instance.main", and a stage has resources of AWS alone',
        ),
        (
            {"module": "module.vpc", "type": "aws_vpc", "name": "this"},
            '"module.vpc.aws_vpc.this", and a stage has no modules',
        ),
    ],
)
def test_a_state_of_another_project_is_told_before_terraform_asks_for_its_providers(
    world: World, resource: dict[str, str], why: str
) -> None:
    state = json.loads(a_state())
    foreign = {**state["resources"][0], **resource}
    world.state.write_bytes(json.dumps({**state, "resources": [foreign]}).encode())

    told = f"the state {world.state} is another project's: it has {why}"

    gate = world.ops("gate")
    assert (gate.code, told in gate.text.replace("\n", " ")) == (2, True)
    for command in ("drift", "report", "recover"):
        assert refused(world.verdict(command)).startswith(f"error: {told}")
    assert world.doctor()["state"][1].startswith(told)


@pytest.mark.parametrize("command", ["gate", "drift"])
def test_what_terraform_brings_itself_makes_no_state_another_project_s(
    world: World, command: str
) -> None:
    state = json.loads(a_state())
    own = {**state["resources"][0], "type": "terraform_data", "name": "marker"}
    world.state.write_bytes(json.dumps({**state, "resources": [*state["resources"], own]}).encode())

    assert "another project's" not in world.verdict(command).text + world.verdict(command).errors


def as_terraform_wrote_it(folder: Path, serial: int, lineage: str) -> Path:
    """A plan file, as far as this program reads it by itself."""
    path = folder / "now.tfplan"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tfstate", json.dumps({"serial": serial, "lineage": lineage}))
    return path


@pytest.mark.parametrize(
    ("serial", "lineage", "why"),
    [
        (6, "of-dev", "it was made upon serial 6 of the state, which is at 7 now: plan again"),
        (7, "of-prod", "it was made of another state than "),
    ],
)
@pytest.mark.parametrize("command", ["gate", "report"])
def test_a_plan_file_of_another_state_is_refused(
    world: World, command: str, serial: int, lineage: str, why: str
) -> None:
    path = as_terraform_wrote_it(world.folder, serial, lineage)

    assert why in refused(world.ops(command, "--plan", path))


def test_a_plan_file_of_this_state_is_judged(world: World) -> None:
    path = as_terraform_wrote_it(world.folder, 7, "of-dev")

    said = world.ops("gate", "--plan", path)

    assert said.code == 0
    assert f"looked at: the plan in {path}, upon the state {world.state} (serial 7" in said.text


def test_a_broken_plan_file_is_refused(world: World) -> None:
    said = refused(world.ops("gate", "--plan", world.given(b"PK\x03\x04 and no more")))

    assert said.endswith("plan.json: not a whole plan file: plan again")


# --- plans as other people's shells write them, and plans without changes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("command", ["gate", "report"])
def test_a_plan_is_read_as_any_shell_writes_it(world: World, command: str, encoding: str) -> None:
    path = world.given(json.dumps(WHOLE).encode(encoding))

    out = ("--out", world.folder / "page.html") if command == "report" else ()
    assert world.ops(command, "--plan", path, *out).code == 0


@pytest.mark.parametrize("command", ["gate", "report"])
def test_a_plan_comes_through_a_pipe_that_can_be_read_once(world: World, command: str) -> None:
    """GIVEN `--plan <(terraform show -json PLAN)`, which leaves no file with what the state holds."""
    world.state.unlink()
    pipe = world.folder / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(json.dumps(WHOLE)), daemon=True)
    writer.start()

    assert world.verdict(command, "--plan", pipe).code == 0
    writer.join(10)


def test_a_check_block_that_fails_is_told_and_stops_nothing_as_in_terraform(world: World) -> None:
    check = {
        "address": {"kind": "check", "to_display": "check.reachable"},
        "status": "fail",
        "instances": [
            {
                "address": {"to_display": "check.reachable"},
                "status": "fail",
                "problems": [{"message": "the page does not answer"}],
            }
        ],
    }
    path = world.given({**WHOLE, "checks": [check]})

    said = world.ops("gate", "--plan", path)

    assert (said.code, said.text.splitlines()[-1]) == (0, "open"), said.errors
    assert (
        "note: check.reachable does not hold, which stops no deploy: the page does not answer"
        in said.text
    )


@pytest.mark.parametrize("checks", [1, [None], [{"instances": [{"status": "fail"}]}]])
def test_a_plan_whose_checks_are_none_is_refused(world: World, checks: object) -> None:
    said = refused(world.ops("gate", "--plan", world.given({**WHOLE, "checks": checks})))

    assert "not a plan in JSON (no checks)" in said


@pytest.mark.parametrize("command", ["gate", "report"])
def test_the_line_of_githubs_wrapper_is_told_with_what_helps(world: World, command: str) -> None:
    line = b"[command]/opt/terraform-bin show -json plan.tfplan\n"

    said = refused(world.ops(command, "--plan", world.given(line + json.dumps(WHOLE).encode())))

    assert "`terraform_wrapper: false`" in said


EMPTY_MODULE: dict[str, Any] = {"values": {"root_module": {}}}
WITHOUT_CHANGES: dict[str, Any] = {
    "format_version": "1.2",
    "terraform_version": "1.11.4",
    "planned_values": {"root_module": {}},
    "prior_state": EMPTY_MODULE,
    "configuration": {"root_module": {}},
    "applyable": False,
    "complete": True,
    "errored": False,
}


@pytest.mark.parametrize("command", ["gate", "report"])
def test_a_plan_that_lists_no_change_changes_nothing(world: World, command: str) -> None:
    out = ("--out", world.folder / "page.html") if command == "report" else ()

    said = world.ops(command, "--plan", world.given(WITHOUT_CHANGES), *out)

    assert said.code == 0, said.errors
    if command == "gate":
        assert said.text.splitlines()[0] == "the plan: 0 unchanged"
        assert said.text.splitlines()[-1] == "open"


def test_what_a_plan_without_changes_does_not_speak_of_is_named(world: World) -> None:
    refreshed = {**WITHOUT_CHANGES, **of_a_state((TOPIC, "t"))}
    acting = {**WITHOUT_CHANGES, "action_invocations": [{}]}

    assert "the plan only refreshes the state (-refresh-only)" in world.ops(
        "gate", "--plan", world.given(refreshed)
    ).text.replace("\n", " ")
    assert "1 actions of providers, which are not judged" in world.ops(
        "gate", "--plan", world.given(acting)
    ).text.replace("\n", " ")


@pytest.mark.parametrize(
    ("document", "what"),
    [
        ({"format_version": "1.0", "values": {"root_module": {}}}, "the JSON of a state"),
        ({"format_version": "1.0", "values": {}, "planned_values": {}}, "the JSON of a state"),
        ({"format_version": "1.0", "provider_schemas": {}}, "the schemas of providers"),
        (
            {"format_version": "1.0", "valid": True, "diagnostics": []},
            "the answer of `terraform validate`",
        ),
        (json.loads(a_state()), "a state"),
        ({"@level": "info", "type": "version"}, "a line of Terraform's log"),
        ({"terraform": {}, "resource": {}}, "a configuration"),
        ({"format_version": "1.0"}, "no resource_changes"),
        ({"format_version": 1, "planned_values": {}}, "its format_version is no text"),
        ({"planned_values": {}}, "no resource_changes"),
    ],
)
def test_other_json_is_no_plan(world: World, document: Any, what: str) -> None:
    said = refused(world.ops("gate", "--plan", world.given(document)))

    assert f"not a plan in JSON ({what}" in said


# --- states that are no premise

LOCK = {
    "ID": "abc",
    "Operation": "OperationTypeApply",
    "Who": "ann@laptop",
    "Created": "2026-01-02T03:04:05Z",
}


def _emptied(world: World) -> None:
    world.state.write_bytes(b"")
    world.state.with_name(f"{world.state.name}.backup").write_bytes(a_state())


def _emptied_without_backup(world: World) -> None:
    world.state.write_bytes(b"")


def _truncated(world: World) -> None:
    world.state.write_bytes(a_state()[:50])


def _missing(world: World) -> None:
    world.state.rename(f"{world.state}.backup")


def _locked(world: World) -> None:
    world.lock.write_text(json.dumps(LOCK))


def _cut_short(world: World) -> None:
    note = world.folder / "cdktf.out/stacks/atomic-dev" / CUT_SHORT
    note.parent.mkdir(parents=True)
    note.write_text(json.dumps({"command": "apply", "at": "2026-01-02 03:04:05 UTC"}))


UNTRUSTED = {
    "interrupted": (_cut_short, "an apply was interrupted (2026-01-02 03:04:05 UTC)"),
    "emptied": (_emptied, "is empty: the state is lost"),
    "emptied, no backup": (_emptied_without_backup, "is empty, and there is no backup"),
    "truncated": (_truncated, "is truncated"),
    "missing": (_missing, "there is no state at"),
    "locked": (_locked, "is held by ann@laptop since 2026-01-02 03:04:05 UTC"),
}


@pytest.mark.parametrize(("spoil", "why"), UNTRUSTED.values(), ids=UNTRUSTED)
def test_the_gate_is_closed_upon_a_state_that_is_no_premise(
    world: World, spoil: Any, why: str
) -> None:
    spoil(world)

    said = world.ops("gate")
    in_json = world.ops("gate", "--json")

    assert said.code == in_json.code == 2
    (line,) = said.text.splitlines()
    assert line.startswith("blocked: do not deploy: ")
    assert why in line
    assert "python -m ops recover --stage dev" in line
    assert json.loads(in_json.text)["open"] is False
    assert why in json.loads(in_json.text)["untrusted_state"]


@pytest.mark.parametrize("command", PLANNING)
def test_a_plan_upon_the_state_of_another_stage_is_no_verdict(world: World, command: str) -> None:
    theirs = {**TOPICS, "name": "atomic-prod-AlarmTopic"}
    plan = a_plan(planned(TOPIC, "delete", "create", before=theirs, after=TOPICS))

    said = world.verdict(command, plan={**plan, **of_a_state((TOPIC, "t"))})

    assert said.code == (2 if command == "gate" else 1)
    told = said.text if command == "gate" else said.errors
    assert 'is another stage\'s: aws_sns_topic.alarms is "atomic-prod-AlarmTopic"' in told


@pytest.mark.parametrize(("spoil", "why"), UNTRUSTED.values(), ids=UNTRUSTED)
def test_the_status_does_not_rest_on_a_state(world: World, spoil: Any, why: str) -> None:
    without = world.ops("status")
    spoil(world)

    said = world.ops("status")
    assert (said.code, said.text) == (without.code, without.text)
    assert why not in without.text


@pytest.mark.parametrize("command", ["drift", "report"])
@pytest.mark.parametrize(("spoil", "why"), UNTRUSTED.values(), ids=UNTRUSTED)
def test_nothing_is_said_upon_a_state_that_is_no_premise(
    world: World, command: str, spoil: Any, why: str
) -> None:
    spoil(world)

    assert why in refused(world.verdict(command))
    assert not (world.folder / "page.html").exists()


@pytest.mark.parametrize(("spoil", "why"), UNTRUSTED.values(), ids=UNTRUSTED)
def test_the_doctor_says_recover_upon_a_state_that_is_no_premise(
    world: World, spoil: Any, why: str
) -> None:
    spoil(world)

    found = world.doctor()

    state, what, remedy = found["state lock" if world.lock.exists() else "state"]
    assert state in {"attention", "unknown"}
    assert why in f"{what}: {remedy}"
    assert world.lock.exists() or "python -m ops recover --stage dev" in remedy


@pytest.mark.parametrize("command", PLANNING)
def test_a_state_of_another_version_is_refused(world: World, command: str) -> None:
    said = refused(world.verdict(command, here=a_state(version=3)))

    assert 'has the state version "3"' in said


@pytest.mark.parametrize("command", PLANNING)
def test_a_state_of_another_account_is_refused(world: World, command: str) -> None:
    """As with AWS_PROFILE or AWS_ENDPOINT_URL of another account: all would look deleted there."""
    document = json.loads(a_state())
    told = {"attributes": {"account_id": "222222222222"}}
    data = {"mode": "data", "type": "aws_caller_identity", "name": "current", "instances": [told]}
    world.state.write_text(json.dumps({**document, "resources": [*document["resources"], data]}))

    said = refused(world.verdict(command))

    assert "deployed to account 222222222222, the credentials are of 123456789012" in said
    assert world.doctor()["state account"][0] == "attention"


def test_the_lock_of_a_state_in_a_bucket_closes_the_gate(world: World) -> None:
    (world.folder / "dev.toml").write_text(f'{REQUIRED}[state]\nbucket = "states"\n')
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="states")
    s3.put_object(Bucket="states", Key="atomic-dev.tfstate.tflock", Body=json.dumps(LOCK))

    said = world.ops("gate", here=a_state())

    assert said.code == 2, said.errors
    assert "is held by ann@laptop" in said.text


# --- a stage that is new, and one that only looks so

CREATED = a_plan(planned(TOPIC, "create", after=TOPICS))


def test_the_gate_says_of_a_new_stage_where_it_looked(world: World) -> None:
    world.state.unlink()

    said = world.ops("gate", plan=CREATED)

    assert said.code == 0, said.errors
    assert [said.text.splitlines()[place] for place in (-3, -1)] == [
        f"looked at: a plan made now; the state {world.state}, which holds nothing; AWS, which has no "
        "database, service, secret or data bucket under this stage's names",
        "open: nothing is deployed yet",
    ]


def test_nothing_drifts_before_the_first_deploy_and_nothing_is_well(world: World) -> None:
    world.state.unlink()

    assert "there is no last deploy to compare AWS with" in refused(
        world.ops("drift", plan=CREATED)
    )


def test_a_given_plan_of_an_empty_state_says_for_whom_it_holds(world: World) -> None:
    world.state.unlink()

    said = world.ops("gate", "--plan", world.given(CREATED))

    assert (
        "the plan is of an empty state: what it says holds for a stage that was never" in said.text
    )


def _a_secret() -> None:
    boto3.client("secretsmanager", region_name="us-east-1").create_secret(
        Name="atomic-dev-openai-api-key", SecretString="planted"
    )


def _a_bucket() -> None:
    boto3.client("s3", region_name="us-east-1").create_bucket(
        Bucket="atomic-dev-data-bucket-123456789012-us-east-1"
    )


@pytest.mark.parametrize("make", [_a_secret, _a_bucket])
def test_a_state_without_objects_that_aws_has_is_lost_and_not_new(world: World, make: Any) -> None:
    world.state.unlink()
    make()

    gate, drift = world.ops("gate", plan=CREATED), world.ops("drift", plan=CREATED)

    assert gate.code == 2
    assert "holds nothing, and AWS has 1 of this stage's objects" in gate.text
    assert "holds nothing, and AWS has 1 of this stage's objects" in refused(drift)
    assert "python -m ops recover --stage dev" in world.doctor()["state"][2]


# --- what somebody has set in AWS

OVERWRITING = planned(
    "aws_s3_bucket_policy.data", "create", after={"bucket": "live-data", "policy": '{"a": 1}'}
)


def _plan_to_overwrite() -> dict[str, Any]:
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="live-data")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::live-data/*",
    }
    s3.put_bucket_policy(Bucket="live-data", Policy=json.dumps({"Statement": [statement]}))
    return {**WHOLE, **a_plan(UNCHANGED, OVERWRITING)}


def test_a_create_that_overwrites_what_somebody_has_set_is_blocked(world: World) -> None:
    said = world.ops("gate", plan=_plan_to_overwrite())

    assert said.code == 2
    assert "BLOCKED aws_s3_bucket_policy.data: AWS has one already" in said.text
    assert "cloudfront.amazonaws.com" in said.text
    assert 'allow_overwrite = ["aws_s3_bucket_policy.data"]' in said.text


@pytest.mark.parametrize("where", ["command line", "stage file"])
def test_an_overwrite_that_a_person_has_allowed_is_open(world: World, where: str) -> None:
    plan = _plan_to_overwrite()
    if where == "stage file":
        allowed = 'allow_overwrite = ["aws_s3_bucket_policy.data"]\n'
        (world.folder / "dev.toml").write_text(REQUIRED + allowed)
    arguments = ("--allow", "aws_s3_bucket_policy.data") if where == "command line" else ()

    said = world.ops("gate", *arguments, plan=plan)

    assert said.code == 0
    assert "allowed aws_s3_bucket_policy.data: AWS has one already" in said.text


def test_of_a_plan_in_json_the_gate_says_that_aws_was_not_asked(world: World) -> None:
    path = world.given(_plan_to_overwrite())

    said = world.ops("gate", "--plan", path)

    assert said.code == 0
    assert "not looked at: what AWS has already of aws_s3_bucket_policy, which" in said.text


def test_a_name_that_somebody_has_taken_is_blocked(world: World) -> None:
    boto3.client("sns", region_name="us-east-1").create_topic(Name="live")
    taken = planned("aws_sns_topic.other", "create", after={"name": "live"})

    said = world.ops("gate", plan={**WHOLE, **a_plan(UNCHANGED, taken)})

    assert said.code == 2
    assert "BLOCKED aws_sns_topic.other: live exists in AWS and is not in the state" in said.text
    assert (
        said.text.splitlines()[-1] == "blocked: do not deploy: it would be refused, as said above"
    )
