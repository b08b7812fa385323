"""The platform's secrets, one row each: where a value comes from, never a value."""

from dataclasses import dataclass
from typing import Literal

Origin = Literal["generated", "composed", "operator"]

MASTER_CREDENTIALS = "rds-master-credentials"
# Says on a role's secret who the services log in as. `database apply` sets it, because Terraform cannot look
# into a private database; a stage that ran before there were roles begins with the master user.
LOGIN_TAG = "atomic:database-login"
NOBODY_YET, MASTER_USER, OWN_ROLE = "nobody-yet", "master-user", "own-role"
KAFKA_BROKERS = "msk-bootstrap-brokers"

# A value that nobody could take for a real one. Applications get it until the operator sets theirs.
PLACEHOLDER = "ENTER_VALUE_IN_SECRETS_MANAGER"


@dataclass(frozen=True, kw_only=True)
class SecretRow:
    """One secret. `output` is the name under which the stack gives its ARN.

    `length` is of the generated alphanumeric part. `template` (composed) or `document` (generated) says
    how the value is put together; `{username}`, `{password}`, `{host}`, `{port}`, `{name}` and
    `{generated}` are replaced by Terraform, the password URL-encoded. `login` (composed) names the secret
    of the database role that the service logs in as. `keys` are those of an operator's JSON document,
    `is_own` says that the stage file declares it, `optional` that services do without its value.
    """

    name: str
    output: str
    origin: Origin
    description: str
    length: int = 40
    document: tuple[tuple[str, str], ...] = ()
    template: str = ""
    login: str = ""
    keys: tuple[str, ...] = ()
    optional: bool = False
    is_own: bool = False

    @property
    def json_keys(self) -> tuple[str, ...]:
        """The keys that a service may ask for; none where the value is no JSON document."""
        return self.keys or tuple(key for key, _ in self.document)


def connection_string(
    row: SecretRow, *, username: str, password: str, host: str, port: str, name: str, tls: str
) -> str:
    """Return the value of a composed secret; any part may be an expression. `tls` may be empty."""
    address = row.template.format(
        username=username, password=password, host=host, port=port, name=name
    )
    return f"{address}?{tls}" if tls else address


@dataclass(frozen=True, kw_only=True)
class SecretRef:
    """What a variable gets: a secret's value, or that of one key where the value is a JSON document."""

    name: str
    key: str | None = None

    @classmethod
    def parse(cls, text: str) -> "SecretRef":
        """Return the reference that a stage file writes as `NAME` or `NAME:JSON_KEY`."""
        name, colon, key = text.partition(":")
        return cls(name=name, key=key if colon else None)


def output_of(name: str) -> str:
    """Return the usual output of a secret: `NotionApiTokenArn` of `notion-api-token`."""
    return f"{''.join(part.title() for part in name.split('-'))}Arn"


def _of_operator(name: str, description: str, *, output: str = "") -> SecretRow:
    return SecretRow(
        name=name,
        output=output or output_of(name),
        origin="operator",
        description=description,
    )


def _connection(service: str, description: str, template: str) -> SecretRow:
    name = f"{service}-db-conn-string"
    return SecretRow(
        name=name,
        output=output_of(name),
        origin="composed",
        description=description,
        template=template,
        login=f"{service}-db-role",
    )


def _login_role(service: str, whose: str) -> SecretRow:
    name = f"{service}-db-role"
    return SecretRow(
        name=name,
        output=output_of(name),
        origin="generated",
        description=f"{whose} login role in the database",
        document=(("username", service), ("password", "{generated}")),
    )


SECRETS: tuple[SecretRow, ...] = (
    SecretRow(
        name=MASTER_CREDENTIALS,
        output="DbSecretArn",
        origin="generated",
        description="Database master user",
        document=(("username", "{username}"), ("password", "{generated}")),
    ),
    SecretRow(
        name="hasura-admin-secret",
        output="HasuraAdminSecretArn",
        origin="generated",
        description="Hasura admin secret",
        length=32,
    ),
    SecretRow(
        name="hasura-jwt-secret",
        output="HasuraJwtSecretArn",
        origin="generated",
        description="Key with which Hasura checks session tokens",
        length=64,
        document=(("type", "HS256"), ("key", "{generated}"), ("issuer", "supertokens")),
    ),
    SecretRow(
        name="api-token-secret",
        output="InternalApiTokenArn",
        origin="generated",
        description="Token of calls between services",
    ),
    SecretRow(
        name="supertokens-api-key",
        output="SupertokensApiKeyArn",
        origin="generated",
        description="Key that SuperTokens asks of its clients",
    ),
    _connection(
        "supertokens",
        "SuperTokens' database connection",
        "postgresql://{username}:{password}@{host}:{port}/{name}",
    ),
    _connection(
        "hasura",
        "Hasura's database connection",
        "postgres://{username}:{password}@{host}:{port}/{name}",
    ),
    _connection(
        "optaplanner",
        "OptaPlanner's database connection (JDBC)",
        "jdbc:postgresql://{host}:{port}/{name}",
    ),
    _of_operator("openai-api-key", "OpenAI API key", output="OpenAiApiKeyArn"),
    _of_operator("notion-api-token", "Notion API token"),
    _of_operator("deepgram-api-key", "Deepgram API key"),
    _of_operator("notion-notes-db-id", "Notion database of notes"),
    _of_operator("notion-research-projects-db-id", "Notion database of research projects"),
    _of_operator("notion-research-tasks-db-id", "Notion database of research tasks"),
    _of_operator(KAFKA_BROKERS, "Kafka bootstrap brokers"),
    _login_role("supertokens", "SuperTokens'"),
    _login_role("hasura", "Hasura's"),
    _login_role("optaplanner", "OptaPlanner's"),
)

# Each has the secret of its own, and the connection string that its service reads.
DATABASE_ROLES: tuple[str, ...] = tuple(
    row.login.removesuffix("-db-role") for row in SECRETS if row.login
)
