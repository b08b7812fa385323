"""`ops preview` says in one line what is wrong, and lists and ends what the states tell."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aws.client import Clients
from common.errors import UserError
from modules.settings.previews import Lent, Preview
from modules.settings.stage_files import parse_stage, read_stage
from modules.settings.stage_settings import StageSettings
from ops.deployed import Deployed
from ops.preview.file import name_of, stage_file
from ops.preview.lending import first_priority, lacks, lent_by
from ops.preview.states import Previews
from terraform.state import State, parse_state
from terraform.workspace import Workspace
from tests.answer import Answer
from tests.ops.answering import answer

SERVICES = ("supertokens", "hasura", "functions", "app")
BASE = """
domain_name = "dev.example.com"
operator_email = "ops@example.com"
retain_data = false
"""
LENDS = f"{BASE}[previews]\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    stages = tmp_path / "stages"
    stages.mkdir()
    (stages / "dev.toml").write_text(LENDS)
    monkeypatch.setenv("ATOMIC_STAGES_DIR", str(stages))
    monkeypatch.setenv("ATOMIC_STATE_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def says(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Answer]:
    assert folder.is_dir()
    return lambda *typed: answer(monkeypatch, capsys, "preview", *typed)


def state(outputs: dict[str, str], resources: int = 1) -> str:
    return json.dumps(
        {
            "version": 4,
            "terraform_version": "1.11.4",
            "serial": 3,
            "lineage": "one",
            "outputs": {name: {"value": value} for name, value in outputs.items()},
            "resources": [
                {
                    "mode": "managed",
                    "type": "aws_ecs_service",
                    "name": f"service_{index}",
                    "instances": [{"attributes": {}}],
                }
                for index in range(resources)
            ],
        }
    )


def put(folder: Path, name: str, expires_at: str, *, base: str = "dev") -> None:
    text = state(
        {
            "PreviewBase": base,
            "PreviewBranch": f"feature/{name}",
            "PreviewExpiresAt": expires_at,
            "PreviewFirstPriority": "140",
        }
    )
    (folder / f"terraform.atomic-preview-{name}.tfstate").write_text(text)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("up", "x..y"), "BRANCH"),
        (("up", "a b"), "BRANCH"),
        (("up", "x", "--name", "Pr-12"), "at most 17 lower-case letters"),
        (("up", "x", "--name", "p" * 18), "at most 17 lower-case letters"),
        (("up", "x", "--hours", "0"), "--hours 0: allowed: 1 to 720"),
        (("up", "x", "--hours", "721"), "--hours 721: allowed: 1 to 720"),
        (("up", "x", "--source", ".", "--tag", "t"), "allowed: one of the two"),
        (("up", "x", "--schema", "nowhere.sql"), "nowhere.sql: cannot be read"),
        (("up", "x", "--base", "nowhere"), "there is no stage nowhere"),
        (("up", "x"), "stage dev has no aws_ecs_cluster.main yet: deploy it first"),
        (("down", "pr-12"), "dev has no preview 'pr-12': there are: none"),
        (("down", "../dev"), "lower-case letters, digits and single hyphens"),
        (("expire", "--at", "tomorrow"), "--at tomorrow: allowed: a moment in UTC"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    folder: Path, says: Callable[..., Answer], typed: tuple[str, ...], told: str
) -> None:
    before = sorted(folder.rglob("*"))

    answered = says(*typed)

    assert answered.code == 1
    (line,) = [each for each in answered.errors.splitlines() if not each.startswith("... ")]
    assert line.startswith("error: ")
    assert told in line
    assert sorted(folder.rglob("*")) == before


def test_a_stage_that_does_not_lend_says_how_it_would(
    folder: Path, says: Callable[..., Answer]
) -> None:
    (folder / "stages" / "dev.toml").write_text(BASE)

    answered = says("up", "x")

    assert answered.code == 1
    assert "add [previews] to its stage file and deploy it: `cdktf deploy atomic-dev`" in (
        answered.errors
    )


def test_a_rule_that_cannot_move_behind_those_of_previews_is_told_before_anything(
    folder: Path, says: Callable[..., Answer]
) -> None:
    ninth = '[services.reports]\nport = 8000\npath = "/v1/reports"\npriority = 40001\n'
    (folder / "stages" / "dev.toml").write_text(f"{LENDS}\n{ninth}")

    refused = says("up", "feature/login", "--base", "dev")

    assert (refused.code, refused.text) == (1, "")
    (line,) = (each for each in refused.errors.splitlines() if "priority" in each)
    assert "services.reports.priority = 40001: must be at most 40000 beside [previews]" in line


def test_a_name_is_made_of_the_branchs_and_short_enough_for_a_target_group() -> None:
    assert name_of("feature/login", None, SERVICES) == "feature-login"
    assert name_of("12-fix", None, SERVICES) == "b-12-fix"
    long = name_of("dependabot/npm_and_yarn/next-16", None, SERVICES)
    assert len(f"pv-{long}-supertokens") <= 32
    assert long != name_of("dependabot/npm_and_yarn/next-17", None, SERVICES)


def test_list_tells_what_is_there_until_it_is_gone(
    folder: Path, says: Callable[..., Answer]
) -> None:
    put(folder, "pr-1", "2099-01-01T00:00:00Z")
    put(folder, "of-staging", "2099-01-01T00:00:00Z", base="staging")
    (folder / "terraform.atomic-prod.tfstate").write_text(state({}))

    answered = says("list", "--json")

    assert answered.code == 0
    assert json.loads(answered.text) == {
        "base": "dev",
        "previews": [
            {
                "name": "pr-1",
                "stage": "preview-pr-1",
                "branch": "feature/pr-1",
                "address": "https://pr-1.previews.dev.example.com",
                "expires_at": "2099-01-01T00:00:00+00:00",
                "is_over": False,
                "objects": 1,
            }
        ],
    }


def test_list_ends_with_2_where_time_is_over(folder: Path, says: Callable[..., Answer]) -> None:
    put(folder, "pr-1", "2020-01-01T00:00:00Z")

    answered = says("list")

    assert answered.code == 2
    assert "over" in answered.text


def test_expire_ends_what_is_over_by_the_clock_that_it_is_given(
    folder: Path, says: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, "pr-1", "2030-01-01T00:00:00Z")
    put(folder, "pr-2", "2030-01-02T00:00:00Z")
    gone: list[str] = []
    monkeypatch.setattr(
        "ops.commands.preview.end", lambda _previews, found, _progress: gone.append(found.name)
    )

    before = says("expire", "--at", "2029-12-31T23:59:59Z", "--json")
    after = says("expire", "--at", "2030-01-01T00:00:00Z", "--json")

    assert json.loads(before.text) == {"ended": [], "left": ["pr-1", "pr-2"], "unknown": []}
    assert json.loads(after.text) == {"ended": ["pr-1"], "left": ["pr-2"], "unknown": []}
    assert gone == ["pr-1"]


def test_one_that_cannot_be_ended_does_not_keep_the_others(
    folder: Path, says: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, "pr-1", "2020-01-01T00:00:00Z")
    put(folder, "pr-2", "2020-01-02T00:00:00Z")

    def ends(_previews: object, found: Any, _progress: object) -> None:
        if found.name == "pr-1":
            raise UserError("the database does not answer")

    monkeypatch.setattr("ops.commands.preview.end", ends)

    answered = says("expire", "--json")

    assert answered.code == 1
    assert json.loads(answered.text)["ended"] == ["pr-2"]
    assert "error: preview pr-1 is not gone: the database does not answer" in answered.errors


def test_one_whose_first_deploy_was_cut_short_asks_for_a_person(
    folder: Path, says: Callable[..., Answer]
) -> None:
    (folder / "terraform.atomic-preview-pr-1.tfstate").write_text(state({}))

    answered = says("expire")

    assert answered.code == 2
    assert "pr-1 does not say when it ends: python -m ops preview down pr-1 --base dev" in (
        answered.text
    )


LENT = Lent(
    vpc_id="vpc-1",
    subnet_ids=("subnet-1",),
    public_addresses=False,
    cluster_arn="arn:cluster",
    cluster_name="theirs",
    load_balancer_name="theirs",
    listener_arn="arn:listener",
    namespace_id="ns-1",
    namespace="dev.internal",
    database_host="db.example.com",
    groups={},
    registries={},
    secrets={},
)
PREVIEW = Preview(
    base="dev", branch="x", expires_at="2030-01-01T00:00:00Z", first_priority=100, lent=LENT
)


@pytest.fixture
def preview_file(folder: Path) -> None:
    """The stage file of a preview of dev."""
    text = stage_file(
        DEV,
        PREVIEW,
        name="pr-1",
        services=SERVICES,
        tags={},
        state_key=None,
        phase="full",
    )
    (folder / "stages" / "preview-pr-1.toml").write_text(text)


@pytest.mark.usefixtures("preview_file")
def test_the_doctor_looks_at_the_base_of_a_preview(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answered = answer(monkeypatch, capsys, "doctor", "--stage", "preview-pr-1")

    assert answered.code == 1
    assert "preview-pr-1 is a preview" in answered.errors
    assert "`python -m ops doctor --stage dev`" in answered.errors


@pytest.mark.usefixtures("preview_file")
@pytest.mark.parametrize(
    ("command", "said"),
    [
        (command, "`python -m ops preview up x --base dev --schema FOLDER` fills it")
        for command in (
            "database apply .",
            "database connect",
            "database restore --to 2026-11-23T06:00:00Z",
            "database rotate hasura",
            "database upgrade 16",
        )
    ]
    + [("recover", "preview down pr-1 --base dev`")],
)
def test_what_a_preview_does_not_have_is_refused_with_the_command_that_does_it(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    said: str,
) -> None:
    (folder / "1.sql").write_text("SELECT 1;")
    monkeypatch.chdir(folder)

    refused = answer(monkeypatch, capsys, *command.split(), "--stage", "preview-pr-1")

    assert (refused.code, refused.text, refused.errors.count("\n")) == (1, "", 1)
    assert refused.errors.startswith("error: preview-pr-1 is a preview")
    assert said in refused.errors


def test_a_file_without_a_state_is_all_that_there_was(
    folder: Path, says: Callable[..., Answer]
) -> None:
    path = folder / "stages" / "preview-pr-1.toml"
    path.write_text('[preview]\nbase = "dev"\n')

    answered = says("down", "pr-1", "--json")

    assert json.loads(answered.text) == {"ended": ["pr-1"]}
    assert not path.exists()


def test_two_branches_do_not_share_a_name(folder: Path, says: Callable[..., Answer]) -> None:
    put(folder, "feature-login", "2099-01-01T00:00:00Z")

    answered = says("up", "feature/login")

    assert answered.code == 1
    assert "shows the branch feature/feature-login: give this one another name" in answered.errors


def settings_of(chosen: dict[str, Any]) -> StageSettings:
    settings, errors = parse_stage(
        {
            "domain_name": "dev.example.com",
            "operator_email": "ops@example.com",
            "retain_data": False,
            **chosen,
        },
        stage="dev",
    )
    assert errors == []
    return settings


DEV = settings_of({"previews": {}})


@pytest.fixture
def listener(clients: Clients) -> str:
    """A listener with a certificate of the domain alone."""
    elbv2, ec2 = clients("elbv2"), clients("ec2")
    subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"][:2]]
    balancer = elbv2.create_load_balancer(Name="atomic-dev-alb", Subnets=subnets)
    certificate = clients("acm").request_certificate(DomainName="dev.example.com")
    return str(
        elbv2.create_listener(
            LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"],
            Protocol="HTTPS",
            Port=443,
            Certificates=[{"CertificateArn": certificate["CertificateArn"]}],
            DefaultActions=[
                {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
            ],
        )["Listeners"][0]["ListenerArn"]
    )


def state_of_base(listener: str) -> State:
    made = {
        "aws_vpc.main": {"id": "vpc-1"},
        "aws_subnet.private_0": {"id": "subnet-0"},
        "aws_subnet.private_1": {"id": "subnet-1"},
        "aws_subnet.public_0": {"id": "subnet-2"},
        "aws_ecs_cluster.main": {"arn": "arn:cluster", "name": "theirs"},
        "aws_lb.main": {"name": "atomic-dev-alb"},
        "aws_lb_listener.https": {"arn": listener},
        "aws_service_discovery_private_dns_namespace.main": {"id": "ns-1", "name": "dev.internal"},
        "aws_db_instance.main": {"address": "db.example.com"},
        **{f"aws_security_group.{name}": {"id": f"sg-{name}"} for name in SERVICES},
        **{
            f"aws_ecr_repository.{name}": {
                "name": name, "repository_url": f"url/{name}", "arn": f"arn:{name}"
            }
            for name in ("functions", "app")
        },
        "aws_secretsmanager_secret.openai_api_key": {"arn": "arn:openai"},
    }  # fmt: skip
    text = json.dumps(
        {
            "version": 4,
            "serial": 1,
            "lineage": "one",
            "resources": [
                {
                    "mode": "managed",
                    "type": address.partition(".")[0],
                    "name": address.partition(".")[2],
                    "instances": [{"attributes": attributes}],
                }
                for address, attributes in made.items()
            ],
        }
    )
    return parse_state(text, source="dev")


def test_what_is_lent_is_what_the_bases_state_has(listener: str) -> None:
    lent = lent_by(DEV, SERVICES, state_of_base(listener))

    assert lent.subnet_ids == ("subnet-0", "subnet-1")
    assert (lent.cluster_name, lent.database_host) == ("theirs", "db.example.com")
    assert lent.registries.keys() == {"functions", "app"}
    assert lent.secrets == {"openai-api-key": "arn:openai"}


def test_the_listener_has_to_have_the_wildcard_and_room(clients: Clients, listener: str) -> None:
    base = Deployed(workspace=Workspace(stage="dev", environ={}), settings=DEV, clients=clients)
    lent = lent_by(DEV, SERVICES, state_of_base(listener))
    elbv2 = clients("elbv2")
    not_found = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    rule = {"ListenerArn": listener, "Actions": [not_found]}
    path = {"Field": "path-pattern", "Values": ["/*"]}
    elbv2.create_rule(Priority=100, Conditions=[path], **rule)

    certificate, room = lacks(base, lent)
    assert "no certificate of its listener that is issued has the name *.previews." in certificate
    assert "rules of its own still come first on the listener (priority 100): deploy it" in room

    (own,) = [
        each["RuleArn"]
        for each in elbv2.describe_rules(ListenerArn=listener)["Rules"]
        if not each["IsDefault"]
    ]
    elbv2.delete_rule(RuleArn=own)
    elbv2.create_rule(Priority=10_100, Conditions=[path], **rule)
    wider = clients("acm").request_certificate(
        DomainName="dev.example.com", SubjectAlternativeNames=["*.previews.dev.example.com"]
    )
    clients("acm").describe_certificate(CertificateArn=wider["CertificateArn"])
    elbv2.modify_listener(
        ListenerArn=listener, Certificates=[{"CertificateArn": wider["CertificateArn"]}]
    )
    place = first_priority(base, lent, "pr-12")
    host = {"Field": "host-header", "Values": ["pr-12.previews.dev.example.com"]}
    elbv2.create_rule(Priority=place, Conditions=[host], **rule)

    assert [each for each in lacks(base, lent) if "certificate" not in each] == []
    assert first_priority(base, lent, "pr-12") == place + 20


def test_states_in_a_bucket_are_beside_the_bases(clients: Clients) -> None:
    settings = settings_of(
        {"previews": {}, "state": {"bucket": "example-state", "key": "team/dev.tfstate"}}
    )
    base = Deployed(
        workspace=Workspace(stage="dev", environ={}), settings=settings, clients=clients
    )
    previews, s3 = Previews(base=base), clients("s3")
    s3.create_bucket(Bucket="example-state")
    outputs = {
        "PreviewBase": "dev",
        "PreviewBranch": "x",
        "PreviewExpiresAt": "2030-01-01T00:00:00Z",
        "PreviewFirstPriority": "140",
    }
    for key in (previews.key("pr-1"), "team/dev.tfstate", "atomic-preview-other.tfstate"):
        s3.put_object(Bucket="example-state", Key=key, Body=state(outputs).encode())

    assert previews.key("pr-1") == "team/atomic-preview-pr-1.tfstate"
    assert [each.name for each in previews.all()] == ["pr-1"]
    previews.forget("pr-1")
    assert previews.all() == []


@pytest.mark.parametrize("typed", [("up", "x", "--name", "pr-1"), ("down", "pr-1")])
def test_the_preview_of_another_base_is_not_taken_for_ones_own(
    folder: Path, says: Callable[..., Answer], typed: tuple[str, ...]
) -> None:
    put(folder, "pr-1", "2030-01-01T00:00:00Z", base="staging")

    refused = says(*typed)

    assert refused.code == 1
    assert "preview pr-1 is of stage staging" in refused.errors
    assert "say --base staging" in refused.errors
    assert json.loads(says("list", "--json").text)["previews"] == []


@pytest.mark.parametrize("text", [BASE, '[preview]\nbase = "staging"\n', "half = "])
def test_a_stage_file_that_is_no_preview_of_the_base_is_neither_overwritten_nor_deleted(
    folder: Path, says: Callable[..., Answer], text: str
) -> None:
    own = folder / "stages" / "preview-own.toml"
    own.write_text(text)

    up, down = says("up", "x", "--name", "own"), says("down", "own")

    assert (up.code, f"{own} is no preview of dev" in up.errors) == (1, True)
    assert (down.code, "dev has no preview 'own'" in down.errors) == (1, True)
    assert own.read_text() == text


def test_what_an_extension_gives_is_empty_in_a_preview(folder: Path) -> None:
    (folder / "extensions").mkdir()
    (folder / "extensions" / "queue.py").write_text("def extend(stack, platform): ...\n")
    own = 'environment = { WORK = "{work_queue}", HOME_PAGE = "https://{domain}" }'
    (folder / "stages" / "dev.toml").write_text(
        f'extension = "extensions/queue.py"\n{LENDS}[services.functions]\n{own}\n'
    )

    text = stage_file(
        read_stage(folder / "stages", "dev"),
        PREVIEW,
        name="pr-1",
        services=("functions",),
        tags={},
        state_key=None,
        phase="full",
    )

    assert tomllib.loads(text)["services"]["functions"]["environment"] == {"WORK": ""}
