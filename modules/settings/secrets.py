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
    SecretRow(
        name="supertokens-db-conn-string",
        output="SupertokensDbConnStringArn",
        origin="composed",
        description="SuperTokens' database connection",
        template="postgresql://{username}:{password}@{host}:{port}/{name}",
        login="supertokens-db-role",
    ),
    SecretRow(
        name="hasura-db-conn-string",
        output="HasuraDbConnStringArn",
        origin="composed",
        description="Hasura's database connection",
        template="postgres://{username}:{password}@{host}:{port}/{name}",
        login="hasura-db-role",
    ),
    SecretRow(
        name="optaplanner-db-conn-string",
        output="OptaplannerDbConnStringArn",
        origin="composed",
        description="OptaPlanner's database connection (JDBC)",
        template="jdbc:postgresql://{host}:{port}/{name}",
        login="optaplanner-db-role",
    ),
    SecretRow(
        name="openai-api-key",
        output="OpenAiApiKeyArn",
        origin="operator",
        description="OpenAI API key",
    ),
    SecretRow(
        name="notion-api-token",
        output="NotionApiTokenArn",
        origin="operator",
        description="Notion API token",
    ),
    SecretRow(
        name="deepgram-api-key",
        output="DeepgramApiKeyArn",
        origin="operator",
        description="Deepgram API key",
    ),
    SecretRow(
        name="notion-notes-db-id",
        output="NotionNotesDbIdArn",
        origin="operator",
        description="Notion database of notes",
    ),
    SecretRow(
        name="notion-research-projects-db-id",
        output="NotionResearchProjectsDbIdArn",
        origin="operator",
        description="Notion database of research projects",
    ),
    SecretRow(
        name="notion-research-tasks-db-id",
        output="NotionResearchTasksDbIdArn",
        origin="operator",
        description="Notion database of research tasks",
    ),
    SecretRow(
        name=KAFKA_BROKERS,
        output="MskBootstrapBrokersArn",
        origin="operator",
        description="Kafka bootstrap brokers",
    ),
    SecretRow(
        name="supertokens-db-role",
        output="SupertokensDbRoleArn",
        origin="generated",
        description="SuperTokens' login role in the database",
        document=(("username", "supertokens"), ("password", "{generated}")),
    ),
    SecretRow(
        name="hasura-db-role",
        output="HasuraDbRoleArn",
        origin="generated",
        description="Hasura's login role in the database",
        document=(("username", "hasura"), ("password", "{generated}")),
    ),
    SecretRow(
        name="optaplanner-db-role",
        output="OptaplannerDbRoleArn",
        origin="generated",
        description="OptaPlanner's login role in the database",
        document=(("username", "optaplanner"), ("password", "{generated}")),
    ),
)

# Each has the secret of its own, and the connection string that its service reads.
DATABASE_ROLES: tuple[str, ...] = tuple(
    row.login.removesuffix("-db-role") for row in SECRETS if row.login
)
