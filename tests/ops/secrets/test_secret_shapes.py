"""What a secret's value has to look like."""

import json

import pytest

from common.errors import UserError
from modules.settings.secrets import PLACEHOLDER, SECRETS, SecretRow
from ops.secrets.secret_shapes import complaint, is_placeholder
from ops.secrets.secret_values import check_is_the_operators, secret_row

GOOD = {
    "rds-master-credentials": '{"username": "postgresadmin", "password": "planted"}',
    "hasura-jwt-secret": json.dumps({"type": "HS256", "key": "k" * 32}),
    "supertokens-api-key": "a" * 20,
    "supertokens-db-conn-string": "postgresql://user:planted%2F@db.example.com:5432/atomicdb",
    "hasura-db-conn-string": "postgres://user:planted@db.example.com:5432/atomicdb",
    "optaplanner-db-conn-string": "jdbc:postgresql://db.example.com:5432/atomicdb",
    "notion-notes-db-id": "0123456789abcdef0123456789abcdef",
    "notion-research-projects-db-id": "01234567-89ab-cdef-0123-456789abcdef",
    "notion-research-tasks-db-id": "0123456789ABCDEF0123456789ABCDEF",
    "msk-bootstrap-brokers": "b-1.example.com:9096,b-2.example.com:9096",
}


@pytest.mark.parametrize("name", [row.name for row in SECRETS])
def test_a_value_of_the_right_shape_is_taken(name: str) -> None:
    assert complaint(name, GOOD.get(name, "planted-value")) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("openai-api-key", ""),
        ("openai-api-key", "  "),
        ("openai-api-key", PLACEHOLDER),
        ("openai-api-key", "planted value"),
        ("openai-api-key", "x" * 65537),
        ("rds-master-credentials", "planted"),
        ("rds-master-credentials", '{"username": "planted"}'),
        ("hasura-jwt-secret", "planted"),
        ("hasura-jwt-secret", '["planted"]'),
        ("hasura-jwt-secret", '{"type": "HS256", "key": "planted"}'),
        ("hasura-jwt-secret", json.dumps({"type": "HS512", "key": "planted" * 5})),
        ("supertokens-api-key", "planted-but-short"),
        ("supertokens-api-key", "planted_with_an_underscore"),
        ("hasura-db-conn-string", "postgresql://u:planted@db:5432/atomicdb"),
        ("hasura-db-conn-string", "postgres://planted@db:5432/atomicdb"),
        ("hasura-db-conn-string", "postgres://u:planted@db:port/atomicdb"),
        ("hasura-db-conn-string", "postgres://u:planted@db:5432"),
        ("optaplanner-db-conn-string", "jdbc:postgresql://u:planted@db:5432/atomicdb"),
        ("notion-notes-db-id", "planted"),
        ("msk-bootstrap-brokers", "planted"),
    ],
)
def test_a_value_of_the_wrong_shape_is_refused_without_showing_it(name: str, value: str) -> None:
    said = complaint(name, value)

    assert said is not None
    assert "allowed:" in said
    assert "planted" not in said


@pytest.mark.parametrize(
    "value", [PLACEHOLDER, "ENTER_OPENAI_KEY", "postgres://DB_USER:DB_PASS@DB_HOST/x"]
)
def test_placeholders_of_this_project_and_of_the_legacy_base_are_known(value: str) -> None:
    assert is_placeholder(value)


@pytest.mark.parametrize("row", SECRETS, ids=lambda row: row.name)
def test_only_the_operators_secrets_are_set_without_force(row: SecretRow) -> None:
    if row.origin == "operator":
        check_is_the_operators(row)
    else:
        with pytest.raises(UserError, match=r"if you mean it, add --force$"):
            check_is_the_operators(row)


def test_an_unknown_secret_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UserError, match=r"no secret 'openai': allowed: .*openai-api-key"):
        secret_row("openai")
