"""The secrets in AWS Secrets Manager. No value passes through state, plan or JSON.

Terraform draws or reads a value while it runs (ephemeral) and hands it to write-only arguments. A first
value is written once: its version number never changes, so Terraform never writes again over what an
operator or a rotation has set. The first version keeps a label of its own, because Secrets Manager removes
versions without a label, and a removed version would be written anew.
"""

import json
import re
from collections.abc import Mapping, Sequence

from cdktf import Precondition, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.data_aws_secretsmanager_secrets import (
    DataAwsSecretsmanagerSecrets,
    DataAwsSecretsmanagerSecretsFilter,
)
from cdktf_cdktf_provider_aws.secretsmanager_secret import SecretsmanagerSecret
from cdktf_cdktf_provider_aws.secretsmanager_secret_version import SecretsmanagerSecretVersion
from constructs import Construct

from modules.base.address import address, address_of
from modules.base.expressions import ephemeral
from modules.base.literal import literal
from modules.base.naming import resource_name
from modules.context import Context
from modules.settings import stage_settings as s
from modules.settings.placeholders import (
    no_address_condition,
    no_connection_string_condition,
    placeholder_condition,
)
from modules.settings.secret_labels import FIRST
from modules.settings.secrets import (
    LOGIN_TAG,
    MASTER_CREDENTIALS,
    MASTER_USER,
    NOBODY_YET,
    OWN_ROLE,
    PLACEHOLDER,
    SecretRow,
    connection_string,
)

FIRST_VERSION_STAGES = ["AWSCURRENT", FIRST]
_WRITTEN_ONCE = 1
# Raised once: under the first number the text of an expression got into adopted connection strings.
_WRITTEN_AGAIN = 2
RECOVERY_WINDOW_DAYS = 30


class SecretStore(Construct):
    """Every secret of the stage, with a first value in the generated ones and the operator's.

    A secret that was adopted keeps its value. `lent` are ARNs of another stage's secrets, by name.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        context: Context,
        rows: Sequence[SecretRow],
        master_username: str,
        login_roles: bool,
        lent: Mapping[str, str],
    ) -> None:
        super().__init__(scope, id_)
        self._context = context
        self._login_roles = login_roles
        self._strings = {row.login: row.name for row in rows if row.login}
        self.secrets: dict[str, SecretsmanagerSecret] = {
            row.name: context.guard.address(row.name, SecretsmanagerSecret)(
                self,
                row.name,
                name=context.names.secret(row.name),
                description=literal(row.description),
                kms_key_id=context.key_arn,
                # Without a recovery window a name is free at once, and dev can be built again.
                recovery_window_in_days=RECOVERY_WINDOW_DAYS if context.retain_data else 0,
                force_overwrite_replica_secret=False,
            )
            for row in rows
        }
        if self._strings:
            self._tag_roles()
        self.first_values: dict[str, SecretsmanagerSecretVersion] = {}
        # The master's comes first: a role's first value may be made of it.
        for row in sorted(rows, key=lambda row: row.name in self._strings):
            if self.is_adopted(row.name):
                continue  # it has a value, which stays
            if row.origin == "generated":
                self.write_first_value(row.name, self._generated(row, master_username))
            elif row.origin == "operator":
                self.write_first_value(row.name, first_value(row))
        self.arns: dict[str, str] = {
            **{name: secret.arn for name, secret in self.secrets.items()},
            **lent,
        }
        # The database gets what is stored, because a second draw would be a different password.
        self.master_password: str = (
            f"${{{self._password(MASTER_CREDENTIALS)}}}"
            if MASTER_CREDENTIALS in self.secrets
            else ""
        )

    def _tag_roles(self) -> None:
        """Let each role's secret say who logs in; after the first deploy the tag is `database apply`'s.

        A connection string that is there before its role is of a stage that ran without roles.
        """
        names = {login: self._context.names.secret(name) for login, name in self._strings.items()}
        there = address("connection_strings", DataAwsSecretsmanagerSecrets)(
            self,
            "connection_strings",
            filter=[DataAwsSecretsmanagerSecretsFilter(name="name", values=sorted(names.values()))],
        )
        for login, name in names.items():
            secret = self.secrets[login]
            was_there = f"contains({there.fqn}.names, {json.dumps(name)})"
            first = f'${{{was_there} ? "{MASTER_USER}" : "{NOBODY_YET}"}}'
            secret.tags = {LOGIN_TAG: first if self._login_roles else MASTER_USER}
            secret.lifecycle = TerraformResourceLifecycle(
                prevent_destroy=secret.lifecycle.prevent_destroy if secret.lifecycle else None,
                ignore_changes=["tags"],
            )
            string = self._strings[login]
            if not self.is_adopted(string):
                self.secrets[string].depends_on = [address_of(SecretsmanagerSecret, login)]

    def _tag_of(self, login: str) -> str:
        """Return the bare expression of who logs in with a role's secret."""
        return f'try({self.secrets[login].fqn}.tags["{LOGIN_TAG}"], "")'

    def awaited_logins(self, used: Sequence[str], *, stage: str) -> list[Precondition]:
        """Return what has to hold before a service starts that logs in with one of the `used` secrets."""
        by_string = {string: login for login, string in self._strings.items()}
        logins = sorted({by_string.get(name, name) for name in used} & self._strings.keys())
        return [
            Precondition(
                condition=(
                    f'${{contains(["{MASTER_USER}", "{OWN_ROLE}"], {self._tag_of(login)})}}'
                ),
                error_message=f"{login.removesuffix('-db-role')} cannot log in to the database yet: "
                'deploy with phase = "foundation" in the stage file, run '
                f"`python -m ops database apply FOLDER --stage {stage}`, then deploy in full",
            )
            for login in logins
        ]

    def bare_password_in_a_url(self, name: str) -> str:
        """Return the bare expression of the password in a stored document, for a URL."""
        return f"urlencode({self._password(name)})"

    def _password(self, name: str) -> str:
        return f'jsondecode({self._stored(name)})["password"]'

    def is_adopted(self, name: str) -> bool:
        """Return whether the secret was there before this project, with a value of its own."""
        return self._context.is_adopted(SecretsmanagerSecret, name)

    def write_first_value(self, name: str, value: str, *, version: int = _WRITTEN_ONCE) -> None:
        """Give the secret `name` its first version; `value` is an expression or a harmless text."""
        self.first_values[name] = address(name, SecretsmanagerSecretVersion)(
            self,
            f"{name}_first",
            secret_id=self.secrets[name].id,
            secret_string_wo=value,
            secret_string_wo_version=version,
            version_stages=FIRST_VERSION_STAGES,
            lifecycle=TerraformResourceLifecycle(ignore_changes=["version_stages"]),
        )

    def replace_placeholder(self, name: str, value: str) -> None:
        """Give the adopted connection string `name` the bare expression `value` where nobody has set it.

        Else its present value is written back as it is: that is a person's.
        """
        stored = self._stored(name)
        conditions = (placeholder_condition, no_address_condition, no_connection_string_condition)
        is_nobodys = " || ".join(condition(stored) for condition in conditions)
        self.write_first_value(
            name, f"${{{is_nobodys} ? {value} : {stored}}}", version=_WRITTEN_AGAIN
        )

    def _stored(self, name: str) -> str:
        """Return the bare expression of the value that Secrets Manager holds now."""
        written = self.first_values.get(name)
        # The version's ARN, not its argument secret_id: that one is known before the version is written, as
        # after a deploy that stopped between the two, and Terraform would then read a secret without a value.
        secret_id = written.arn if written else self.secrets[name].id
        type_, read = "aws_secretsmanager_secret_version", {"secret_id": secret_id}
        return f"{ephemeral(self, type_, resource_name(name), read)}.secret_string"

    def _generated(self, row: SecretRow, master_username: str) -> str:
        drawn = ephemeral(
            self,
            "aws_secretsmanager_random_password",
            resource_name(row.name),
            {"password_length": row.length, "exclude_punctuation": True},
        )
        generated = f"{drawn}.random_password"
        if not row.document:
            return f"${{{generated}}}"
        expressions = {"{username}": f'"{master_username}"', "{generated}": generated}
        members = ", ".join(
            f'"{key}" = ' + expressions.get(value, f'"{value}"') for key, value in row.document
        )
        document = f"jsonencode({{{members}}})"
        if row.name in self._strings:
            return f"${{{self._until_there_are_roles(row.name, document)}}}"
        return f"${{{document}}}"

    def _until_there_are_roles(self, login: str, document: str) -> str:
        """Return the bare expression of a role's document, or of the master user's where that logs in."""
        master = self._stored(MASTER_CREDENTIALS)
        return f'{self._tag_of(login)} == "{MASTER_USER}" ? {master} : {document}'


def first_value(row: SecretRow) -> str:
    """Return what an operator's secret holds until somebody sets it.

    Each key of a JSON document is there: ECS starts no task that reads one that is not.
    """
    return json.dumps(dict.fromkeys(row.keys, PLACEHOLDER)) if row.keys else PLACEHOLDER


class ConnectionStrings(Construct):
    """The composed secrets: how each service reaches the database, for the drivers that want one string."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: s.Database,
        rows: Sequence[SecretRow],
        store: SecretStore,
        host: str,
        port: int,
        tls: str,
    ) -> None:
        super().__init__(scope, id_)
        users = {row.name: row for row in rows}
        literals = {"port": str(port), "name": settings.name}
        for row in rows:
            if row.origin != "composed":
                continue
            if store.is_adopted(row.name):
                # The master user's, as before there were roles; `database apply` changes that.
                # cdktf takes the `${}` off `host` here, which only works outside of quotes.
                quoted = {
                    key: json.dumps(value)
                    for key, value in {**literals, "username": settings.master_username}.items()
                }
                password = store.bare_password_in_a_url(MASTER_CREDENTIALS)
                bare = {**quoted, "password": password, "host": host}
                store.replace_placeholder(row.name, _composed(row.template, bare))
            else:
                login = row.login if settings.login_roles else MASTER_CREDENTIALS
                value = connection_string(
                    row,
                    username=(
                        dict(users[row.login].document)["username"]
                        if settings.login_roles
                        else settings.master_username
                    ),
                    # JDBC has user and password beside the address, and reads no secret for it.
                    password=(
                        f"${{{store.bare_password_in_a_url(login)}}}"
                        if "{password}" in row.template
                        else ""
                    ),
                    host=host,
                    **literals,
                    tls=tls,
                )
                store.write_first_value(row.name, value)


def _composed(template: str, expressions: Mapping[str, str]) -> str:
    """Return the bare expression of `template`, with bare expressions for what it has in braces."""
    names = re.findall(r"\{(\w+)\}", template)
    pattern = json.dumps(re.sub(r"\{\w+\}", "%s", template))
    return f"format({', '.join([pattern, *(expressions[name] for name in names)])})"
