"""The secrets' rows against the specification's table."""

import pytest

from modules.settings.secrets import PLACEHOLDER, SECRETS
from modules.settings.services import SERVICES

ROWS = {row.name: row for row in SECRETS}
# ours -> the guide's name
OPERATORS = {
    "openai-api-key": "OpenAiApiKey",
    "notion-api-token": "NotionApiToken",
    "deepgram-api-key": "DeepgramApiKey",
    "notion-notes-db-id": "NotionNotesDbId",
    "notion-research-projects-db-id": "NotionResearchProjectsDbId",
    "notion-research-tasks-db-id": "NotionResearchTasksDbId",
    "msk-bootstrap-brokers": "MskBootstrapBrokers",
}
GENERATED = {
    "rds-master-credentials": ("DbSecretArn", 40, ("username", "password")),
    "hasura-admin-secret": ("HasuraAdminSecretArn", 32, ()),
    "hasura-jwt-secret": ("HasuraJwtSecretArn", 64, ("type", "key", "issuer")),
    "api-token-secret": ("InternalApiTokenArn", 40, ()),
    "supertokens-api-key": ("SupertokensApiKeyArn", 40, ()),
    "supertokens-db-role": ("SupertokensDbRoleArn", 40, ("username", "password")),
    "hasura-db-role": ("HasuraDbRoleArn", 40, ("username", "password")),
    "optaplanner-db-role": ("OptaplannerDbRoleArn", 40, ("username", "password")),
}
REST = "{username}:{password}@{host}:{port}/{name}"
COMPOSED = {
    "supertokens-db-conn-string": ("SupertokensDbConnStringArn", f"postgresql://{REST}"),
    "hasura-db-conn-string": ("HasuraDbConnStringArn", f"postgres://{REST}"),
    "optaplanner-db-conn-string": (
        "OptaplannerDbConnStringArn",
        "jdbc:postgresql://{host}:{port}/{name}",
    ),
}


def test_there_are_the_specifications_secrets() -> None:
    assert sorted(ROWS) == sorted({*OPERATORS, *GENERATED, *COMPOSED})
    assert len(SECRETS) == 18


@pytest.mark.parametrize("name", OPERATORS)
def test_an_operators_secret_is_written_by_nobody_else(name: str) -> None:
    row = ROWS[name]

    assert (row.origin, row.output, row.template, row.document) == (
        "operator",
        f"{OPERATORS[name]}Arn",
        "",
        (),
    )


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_secret_has_its_length_and_json_keys(name: str) -> None:
    row = ROWS[name]

    keys = tuple(key for key, _ in row.document)
    assert row.origin == "generated"
    assert (row.output, row.length, keys) == GENERATED[name]


def test_the_jwt_secret_is_an_hs256_key_of_supertokens() -> None:
    document = dict(ROWS["hasura-jwt-secret"].document)

    assert document == {"type": "HS256", "key": "{generated}", "issuer": "supertokens"}


@pytest.mark.parametrize("name", COMPOSED)
def test_a_connection_string_has_its_drivers_form(name: str) -> None:
    row = ROWS[name]

    assert row.origin == "composed"
    assert (row.output, row.template) == COMPOSED[name]


def test_jdbc_holds_no_password() -> None:
    assert "{password}" not in ROWS["optaplanner-db-conn-string"].template


def test_the_placeholder_is_recognisable() -> None:
    assert PLACEHOLDER == "ENTER_VALUE_IN_SECRETS_MANAGER"


@pytest.mark.parametrize(
    "reference",
    sorted({reference for row in SERVICES for reference in row.secrets.values()}),
)
def test_every_services_secret_exists_with_the_key_it_asks_for(reference: str) -> None:
    name, _, key = reference.partition(":")

    assert key in {"", *(known for known, _ in ROWS[name].document)}
