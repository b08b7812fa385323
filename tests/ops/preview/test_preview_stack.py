"""A preview has what names its services and nothing of what its base lends."""

import re
from pathlib import Path, PurePath
from typing import Any

import pytest

from modules.settings.previews import Lent, LentRegistry, Preview
from modules.settings.stage_files import read_stage
from ops.commands.cost import reckon
from ops.cost.prices import read_prices
from ops.preview.file import stage_file
from security.__main__ import _own_failures
from security.exceptions import read_exceptions, review
from tests.conftest import read_stack
from tests.stack import Stack
from tests.stages import stage_settings

pytestmark = pytest.mark.jsii

SERVICES = ("supertokens", "hasura", "functions", "optaplanner", "app")
OWN = ("functions", "optaplanner", "app")
LENT = Lent(
    vpc_id="vpc-lent",
    subnet_ids=("subnet-a", "subnet-b"),
    public_addresses=False,
    cluster_arn="arn:aws:ecs:us-east-1:123456789012:cluster/lent",
    cluster_name="lent-cluster",
    load_balancer_name="lent-alb",
    listener_arn="arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/lent",
    namespace_id="ns-lent",
    namespace="lent.internal",
    database_host="lent.rds.example.com",
    key_arn="arn:aws:kms:us-east-1:123456789012:key/lent",
    groups={name: f"sg-{name}" for name in SERVICES},
    registries={
        name: LentRegistry(
            name=f"lent-{name}",
            url=f"123456789012.dkr.ecr.us-east-1.amazonaws.com/lent-{name}",
            arn=f"arn:aws:ecr:us-east-1:123456789012:repository/lent-{name}",
        )
        for name in OWN
    },
    secrets={
        "openai-api-key": "arn:aws:secretsmanager:us-east-1:123456789012:secret:lent-openai-api-key"
    },
)
PREVIEW = Preview(
    base="dev",
    branch="feature/login",
    expires_at="2026-11-30T18:00:00Z",
    first_priority=140,
    lent=LENT,
)
BASE = """
domain_name = "dev.example.com"
operator_email = "ops@example.com"
retain_data = false
kafka = true
[night_stop]
[previews]
[services.functions]
memory_mib = 1024
jobs = { nightly = { schedule = "rate(1 day)", command = ["nightly"] } }
[state]
bucket = "example-state"
key = "team/dev.tfstate"
"""


def written(folder: Path, phase: str = "full", *, preview: Preview = PREVIEW) -> None:
    (folder / "dev.toml").write_text(BASE)
    text = stage_file(
        read_stage(folder, "dev"),
        preview,
        name="login",
        services=SERVICES,
        tags={"app": "pv-login-abc"},
        state_key="team/atomic-preview-login.tfstate",
        phase=phase,
    )
    (folder / "preview-login.toml").write_text(text)


def synthesized(folder: Path) -> Stack:
    from modules.app import synthesize  # noqa: PLC0415  # starts the jsii kernel

    settings = read_stage(folder, "preview-login")
    outdir = folder / "out"
    synthesize(
        [settings],
        adopted={},
        outdir=str(outdir),
        state_folder=PurePath("/state"),
        emulated=False,
    )
    return read_stack(outdir, settings.stack_name)


@pytest.fixture(scope="module")
def preview(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    folder = tmp_path_factory.mktemp("stages")
    written(folder)
    return synthesized(folder)


def containers(preview: Stack, service: str) -> dict[str, Any]:
    return preview.containers(service)[service]


def test_our_own_checks_know_what_is_lent(preview: Stack, tmp_path: Path) -> None:
    written(tmp_path)
    settings = read_stage(tmp_path, "preview-login")

    found = _own_failures(preview.read, settings)

    assert review(found, read_exceptions()).open == ()


def test_it_makes_no_object_that_its_base_lends(preview: Stack) -> None:
    types = {each.type for each in preview.read.resources.values()}

    assert types == {
        "aws_cloudwatch_log_group",
        "aws_ecs_service",
        "aws_ecs_task_definition",
        "aws_iam_role",
        "aws_iam_role_policy",
        "aws_lb_listener_rule",
        "aws_lb_target_group",
        "aws_s3_bucket",
        "aws_s3_bucket_policy",
        "aws_s3_bucket_public_access_block",
        "aws_s3_bucket_server_side_encryption_configuration",
        "aws_secretsmanager_secret",
        "aws_secretsmanager_secret_version",
        "aws_service_discovery_instance",
        "aws_service_discovery_service",
    }


def test_its_rules_ask_for_its_host_and_keep_the_order_of_the_rows(preview: Stack) -> None:
    order = ["supertokens", "hasura", "functions", "functions_second_route", "optaplanner", "app"]
    rules = [preview.resource("aws_lb_listener_rule", f"{name}") for name in order]

    assert [rule["priority"] for rule in rules] == [140, 141, 142, 143, 144, 145]
    for rule in rules:
        assert rule["listener_arn"] == LENT.listener_arn
        assert {"host_header": {"values": ["login.previews.dev.example.com"]}} in rule["condition"]


def test_tasks_run_on_spot_where_the_base_lets_them(preview: Stack) -> None:
    service = preview.resource("aws_ecs_service", "hasura")

    assert service["cluster"] == LENT.cluster_arn
    assert service["capacity_provider_strategy"] == [
        {"base": 0, "capacity_provider": "FARGATE_SPOT", "weight": 4}
    ]
    assert service["network_configuration"] == {
        "assign_public_ip": False,
        "security_groups": ["sg-hasura"],
        "subnets": ["subnet-a", "subnet-b"],
    }
    assert "alarms" not in service


def test_services_call_each_other_and_not_those_of_the_base(preview: Stack) -> None:
    hasura = containers(preview, "hasura")
    values = {each["name"]: each["value"] for each in hasura["environment"]}
    name = preview.resource("aws_service_discovery_service", "functions")

    assert values["FUNCTIONS_BASE_URL"] == "http://functions.pv-login.lent.internal:3000"
    assert (name["name"], name["namespace_id"]) == ("functions.pv-login", "ns-lent")
    assert values["HASURA_GRAPHQL_PG_CONNECTIONS"] == "5"
    assert values["HASURA_GRAPHQL_CORS_DOMAIN"] == "https://login.previews.dev.example.com"


def test_all_log_in_as_the_previews_role_to_its_database(preview: Stack) -> None:
    optaplanner = containers(preview, "optaplanner")
    secrets = {each["name"]: each["valueFrom"] for each in optaplanner["secrets"]}
    login = "${aws_secretsmanager_secret.database_login.arn}"

    assert secrets["QUARKUS_DATASOURCE_USERNAME"] == f"{login}:username::"
    assert secrets["QUARKUS_DATASOURCE_PASSWORD"] == f"{login}:password::"
    for string in ("supertokens", "hasura"):
        version = preview.resource("aws_secretsmanager_secret_version", f"{string}_db_conn_string")
        value = version["secret_string_wo"]
        assert re.match(
            r"postgres(ql)?://preview_login:\$\{urlencode\(.*database_login.*\)\}"
            r"@lent\.rds\.example\.com:5432/preview_login\?sslmode=verify-full",
            value,
        ), value


def test_what_is_the_operators_is_read_and_what_is_drawn_is_its_own(preview: Stack) -> None:
    functions = containers(preview, "functions")
    secrets = {each["name"]: each["valueFrom"] for each in functions["secrets"]}

    assert secrets["OPENAI_API_KEY"] == LENT.secrets["openai-api-key"]
    assert secrets["API_TOKEN"] == "${aws_secretsmanager_secret.api_token_secret.arn}"
    assert "aws_secretsmanager_secret.openai_api_key" not in preview.addresses()
    assert "aws_secretsmanager_secret.rds_master_credentials" not in preview.addresses()


def test_a_row_is_as_in_the_bases_file_but_for_jobs_and_the_image(preview: Stack) -> None:
    functions = preview.resource("aws_ecs_task_definition", "functions")
    app = containers(preview, "app")

    assert functions["memory"] == "1024"
    assert app["image"] == f"{LENT.registries['app'].url}:pv-login-abc"
    assert not [each for each in preview.addresses() if "nightly" in each]


def test_everything_says_whose_it_is_and_the_state_until_when(preview: Stack) -> None:
    (provider,) = preview.json["provider"]["aws"]

    assert provider["default_tags"][0]["tags"]["Preview"] == "login"
    assert preview.outputs == {
        "PreviewStage": "preview-login",
        "PreviewBase": "dev",
        "PreviewBranch": "feature/login",
        "PreviewExpiresAt": "2026-11-30T18:00:00Z",
        "PreviewFirstPriority": "140",
    }


def test_its_state_is_beside_the_bases(preview: Stack) -> None:
    backend = preview.json["terraform"]["backend"]["s3"]

    assert (backend["bucket"], backend["key"]) == (
        "example-state",
        "team/atomic-preview-login.tfstate",
    )


def test_its_price_is_that_of_the_hours_that_it_lives(tmp_path: Path) -> None:
    folder = tmp_path / "stages"
    folder.mkdir()
    written(folder)

    cost = reckon(read_stage(folder, "preview-login"), read_prices(), [], lambda _step: None)

    assert cost.bill.unpriced == ()
    assert cost.life_hours == 72
    assert cost.life_usd == pytest.approx(cost.monthly_usd * 72 / 730)
    services = [line for line in cost.bill.lines if line.group == "services"]
    assert services
    assert all("on Spot" in line.what for line in services)


def test_the_first_phase_is_what_its_database_needs(tmp_path: Path) -> None:
    folder = tmp_path / "stages"
    folder.mkdir()
    written(folder, phase="foundation")

    stack = synthesized(folder)

    assert "aws_secretsmanager_secret.database_login" in stack.addresses()
    assert not [each for each in stack.addresses() if each.startswith("aws_ecs")]


def test_a_stage_that_lends_leaves_room_before_its_rules(tmp_path: Path) -> None:
    folder = tmp_path / "stages"
    folder.mkdir()
    (folder / "dev.toml").write_text(BASE)
    from modules.app import synthesize  # noqa: PLC0415  # starts the jsii kernel

    synthesize(
        [read_stage(folder, "dev")],
        adopted={},
        outdir=str(tmp_path / "out"),
        state_folder=PurePath("/state"),
        emulated=False,
    )
    stack = read_stack(tmp_path / "out", "atomic-dev")

    assert stack.resource("aws_lb_listener_rule", "app")["priority"] == 10_100
    assert len(stack.resource("aws_lb_listener_rule", "app")["condition"]) == 1
    certificate = stack.resource("aws_acm_certificate", "main")
    assert certificate["domain_name"] == "dev.example.com"
    assert certificate["subject_alternative_names"] == [
        "*.previews.dev.example.com",
        "dev.example.com",
    ]
    assert stage_settings("dev").previews is None


def test_with_a_hosted_zone_the_names_of_previews_lead_to_the_load_balancer(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "stages"
    folder.mkdir()
    (folder / "dev.toml").write_text(BASE + '[dns]\nmode = "route53"\n[cdn]\n')
    from modules.app import synthesize  # noqa: PLC0415  # starts the jsii kernel

    synthesize(
        [read_stage(folder, "dev")],
        adopted={},
        outdir=str(tmp_path / "out"),
        state_folder=PurePath("/state"),
        emulated=False,
    )
    stack = read_stack(tmp_path / "out", "atomic-dev")

    alias = stack.resource("aws_route53_record", "alias_any__previews__dev__example__com")
    assert alias["name"] == "*.previews.dev.example.com"
    assert alias["alias"]["name"] == "${aws_lb.main.dns_name}"
    proof = "certificate_validation_any__previews__dev__example__com"
    assert "*.previews.dev.example.com" in stack.resource("aws_route53_record", proof)["name"]


def test_a_branch_of_any_name_is_told_as_it_is(tmp_path: Path) -> None:
    written(tmp_path, "foundation", preview=PREVIEW.model_copy(update={"branch": "a/${b}"}))

    assert synthesized(tmp_path).outputs["PreviewBranch"] == "a/$${b}"
