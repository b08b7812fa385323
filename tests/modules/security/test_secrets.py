"""The secrets: every one is there, and no value of one."""

from typing import Any

import pytest

from modules.settings.secrets import SECRETS
from tests.conftest import Synthesize
from tests.stages import SHIPPED, VARIANTS

VERSION, SECRET = "aws_secretsmanager_secret_version", "aws_secretsmanager_secret"
RANDOM = "aws_secretsmanager_random_password"
ALL = [*SHIPPED, *VARIANTS]
NAMES = [row.name for row in SECRETS]
HOST = "${aws_db_instance.main.address}"
TLS = "sslmode=verify-full&sslrootcert=/mnt/database_authorities/rds.pem"
ROLES = ("supertokens", "hasura", "optaplanner")


def rest(role: str) -> str:
    password = f'jsondecode(ephemeral.{VERSION}.{role}_db_role.secret_string)["password"]'
    return f"{role}:${{urlencode({password})}}@{HOST}:5432/atomicdb?{TLS}"


PLACEHOLDER = "ENTER_VALUE_IN_SECRETS_MANAGER"


def drawn(name: str) -> str:
    return f"ephemeral.{RANDOM}.{name}.random_password"


def role_value(role: str) -> str:
    """The role's own user, or the master's where the stage ran before there were roles."""
    tag = f'try({SECRET}.{role}_db_role.tags["atomic:database-login"], "")'
    own = f'jsonencode({{"username" = "{role}", "password" = {drawn(f"{role}_db_role")}}})'
    master = f"ephemeral.{VERSION}.rds_master_credentials.secret_string"
    return f'${{{tag} == "master-user" ? {master} : {own}}}'


# What Terraform writes into each secret, once.
VALUES = {
    "rds_master_credentials": (
        '${jsonencode({"username" = "postgresadmin", '
        f'"password" = {drawn("rds_master_credentials")}}})}}'
    ),
    "hasura_admin_secret": f"${{{drawn('hasura_admin_secret')}}}",
    "hasura_jwt_secret": (
        f'${{jsonencode({{"type" = "HS256", "key" = {drawn("hasura_jwt_secret")}, '
        '"issuer" = "supertokens"})}'
    ),
    "api_token_secret": f"${{{drawn('api_token_secret')}}}",
    "supertokens_api_key": f"${{{drawn('supertokens_api_key')}}}",
    "supertokens_db_conn_string": f"postgresql://{rest('supertokens')}",
    "hasura_db_conn_string": f"postgres://{rest('hasura')}",
    "optaplanner_db_conn_string": f"jdbc:postgresql://{HOST}:5432/atomicdb?{TLS}",
    **{f"{role}_db_role": role_value(role) for role in ROLES},
    "openai_api_key": PLACEHOLDER,
    "notion_api_token": PLACEHOLDER,
    "deepgram_api_key": PLACEHOLDER,
    "notion_notes_db_id": PLACEHOLDER,
    "notion_research_projects_db_id": PLACEHOLDER,
    "notion_research_tasks_db_id": PLACEHOLDER,
    "msk_bootstrap_brokers": PLACEHOLDER,
}
LENGTHS = {
    "rds_master_credentials": 40,
    "hasura_admin_secret": 32,
    "hasura_jwt_secret": 64,
    "api_token_secret": 40,
    "supertokens_api_key": 40,
    **{f"{role}_db_role": 40 for role in ROLES},
}


@pytest.mark.parametrize("name", NAMES)
def test_a_secret_is_named_after_the_stage(stack: Synthesize, name: str) -> None:
    secret = stack("dev").resource(SECRET, name.replace("-", "_"))

    assert secret["name"] == f"atomic-dev-{name}"


@pytest.mark.parametrize("stage", ALL)
def test_every_secret_has_a_value_from_the_start(stack: Synthesize, stage: str) -> None:
    assert stack(stage).names(SECRET) == sorted(VALUES)
    assert stack(stage).names(VERSION) == sorted(VALUES)


@pytest.mark.parametrize("name", VALUES)
def test_a_value_is_drawn_or_composed_by_terraform(stack: Synthesize, name: str) -> None:
    assert stack("dev").resource(VERSION, name)["secret_string_wo"] == VALUES[name]


def test_auroras_connection_strings_lead_to_the_cluster(stack: Synthesize) -> None:
    version = stack("aurora").resource(VERSION, "hasura_db_conn_string")

    host = "${aws_rds_cluster.main.endpoint}"
    assert version["secret_string_wo"] == f"postgres://{rest('hasura')}".replace(HOST, host)


@pytest.mark.parametrize("name", VALUES)
def test_a_value_is_written_once_and_never_over_an_operators(stack: Synthesize, name: str) -> None:
    version = stack("dev").resource(VERSION, name)

    assert version["secret_id"] == f"${{{SECRET}.{name}.id}}"
    assert version["secret_string_wo_version"] == 1
    assert version["lifecycle"] == {"ignore_changes": ["version_stages"]}
    assert "AWSCURRENT" in version["version_stages"]


@pytest.mark.parametrize("name", VALUES)
def test_the_first_version_has_a_label_of_its_own(stack: Synthesize, name: str) -> None:
    labels = stack("dev").resource(VERSION, name)["version_stages"]

    assert [label for label in labels if not label.startswith("AWS")] == ["ATOMIC_FIRST"]


@pytest.mark.parametrize("stage", ALL)
def test_what_is_drawn_is_ephemeral_and_alphanumeric(stack: Synthesize, stage: str) -> None:
    drawn_ones = stack(stage).json["ephemeral"][RANDOM]

    assert drawn_ones == {
        name: {"password_length": length, "exclude_punctuation": True}
        for name, length in LENGTHS.items()
    }


@pytest.mark.parametrize("stage", ALL)
def test_the_password_is_read_back_from_the_stored_secret(stack: Synthesize, stage: str) -> None:
    assert stack(stage).json["ephemeral"][VERSION] == {
        name: {"secret_id": f"${{{VERSION}.{name}.arn}}"}
        for name in ("rds_master_credentials", "hasura_db_role", "supertokens_db_role")
    }


def arguments(value: Any) -> list[str]:
    """Every key in a document."""
    if isinstance(value, dict):
        return [*value, *(key for item in value.values() for key in arguments(item))]
    if isinstance(value, list):
        return [key for item in value for key in arguments(item)]
    return []


# Arguments whose value ends in the state.
STATEFUL = {
    "secret_string",
    "secret_binary",
    "password",
    "master_password",
    "master_user_password",
    "random_password",
}


@pytest.mark.parametrize("stage", ALL)
def test_no_argument_carries_a_value_into_the_state(stack: Synthesize, stage: str) -> None:
    assert STATEFUL & set(arguments(stack(stage).json)) == set()


@pytest.mark.parametrize("stage", ALL)
@pytest.mark.parametrize("section", ["resource", "data"])
@pytest.mark.parametrize("type_", ["random_password", RANDOM, VERSION])
def test_no_value_is_drawn_or_read_into_the_state(
    stack: Synthesize, stage: str, section: str, type_: str
) -> None:
    found = set(stack(stage).json[section].get(type_, {}))

    assert found == (set(VALUES) if (section, type_) == ("resource", VERSION) else set())


@pytest.mark.parametrize("stage", ALL)
def test_no_output_reads_an_ephemeral_value(stack: Synthesize, stage: str) -> None:
    outputs = stack(stage).outputs

    assert [name for name, value in outputs.items() if "ephemeral." in str(value)] == []


@pytest.mark.parametrize(("stage", "days"), [("dev", 0), ("staging", 0), ("prod", 30)])
def test_a_removed_secret_can_be_recovered_in_prod_only(
    stack: Synthesize, stage: str, days: int
) -> None:
    found = {
        stack(stage).resource(SECRET, name)["recovery_window_in_days"]
        for name in stack(stage).names(SECRET)
    }

    assert found == {days}


def awaited(stack: Synthesize, stage: str, service: str) -> list[str]:
    lifecycle = stack(stage).resource("aws_ecs_service", service).get("lifecycle", {})
    return [each["condition"] for each in lifecycle.get("precondition", [])]


@pytest.mark.parametrize("service", ROLES)
def test_a_service_is_not_made_before_it_can_log_in(stack: Synthesize, service: str) -> None:
    tag = f'try({SECRET}.{service}_db_role.tags["atomic:database-login"], "")'

    assert awaited(stack, "dev", service) == [f'${{contains(["master-user", "own-role"], {tag})}}']


def test_a_service_without_a_login_waits_for_none(stack: Synthesize) -> None:
    assert awaited(stack, "dev", "app") == []


@pytest.mark.parametrize("role", ROLES)
def test_a_roles_tag_is_set_once_and_then_the_commands(stack: Synthesize, role: str) -> None:
    secret = stack("dev").resource(SECRET, f"{role}_db_role")

    there = "contains(data.aws_secretsmanager_secrets.connection_strings.names"
    assert secret["tags"] == {
        "atomic:database-login": (
            f'${{{there}, "atomic-dev-{role}-db-conn-string") ? "master-user" : "nobody-yet"}}'
        )
    }
    assert secret["lifecycle"]["ignore_changes"] == ["tags"]


@pytest.mark.parametrize("role", ROLES)
def test_a_string_is_there_only_after_its_role(stack: Synthesize, role: str) -> None:
    string = stack("dev").resource(SECRET, f"{role}_db_conn_string")

    assert string["depends_on"] == [f"{SECRET}.{role}_db_role"]
