"""The secrets in AWS Secrets Manager. No value passes through state, plan or JSON.

Terraform draws or reads a value while it runs (ephemeral) and hands it to write-only arguments. A first
value is written once: its version number never changes, so Terraform never writes again over what an
operator or a rotation has set. The first version keeps a label of its own, because Secrets Manager removes
versions without a label, and a removed version would be written anew.
"""

from collections.abc import Mapping, Sequence

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.secretsmanager_secret import SecretsmanagerSecret
from cdktf_cdktf_provider_aws.secretsmanager_secret_version import (
    SecretsmanagerSecretVersion,
)
from constructs import Construct

from modules import settings as s
from modules.address import address
from modules.expressions import ephemeral
from modules.naming import Names
from modules.secrets import MASTER_CREDENTIALS, PLACEHOLDER, SecretRow

FIRST_VERSION_STAGES = ["AWSCURRENT", "ATOMIC_FIRST"]
_WRITTEN_ONCE = 1
RECOVERY_WINDOW_DAYS = 30


class SecretStore(Construct):
    """Every secret of the stage, with a first value in the generated ones and the operator's."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        rows: Sequence[SecretRow],
        master_username: str,
        retain_data: bool,
        names: Names,
    ) -> None:
        super().__init__(scope, id_)
        self._rows = {row.name: row for row in rows}
        self.secrets: dict[str, SecretsmanagerSecret] = {
            row.name: address(
                row.name,
                SecretsmanagerSecret(
                    self,
                    row.name,
                    name=names(row.name),
                    description=row.description,
                    # Without a recovery window a name is free at once, and dev can be built again.
                    recovery_window_in_days=RECOVERY_WINDOW_DAYS if retain_data else 0,
                    force_overwrite_replica_secret=False,
                ),
            )
            for row in rows
        }
        self.first_values: dict[str, SecretsmanagerSecretVersion] = {}
        for row in rows:
            if row.origin == "generated":
                self.write_first_value(row.name, self._generated(row, master_username))
            elif row.origin == "operator":
                self.write_first_value(row.name, PLACEHOLDER)

    @property
    def arns(self) -> dict[str, str]:
        """Each secret's ARN by its row's name."""
        return {name: secret.arn for name, secret in self.secrets.items()}

    def write_first_value(self, name: str, value: str) -> None:
        """Give the secret `name` its first version; `value` is an expression or a harmless text."""
        self.first_values[name] = address(
            name,
            SecretsmanagerSecretVersion(
                self,
                f"{name}_first",
                secret_id=self.secrets[name].id,
                secret_string_wo=value,
                secret_string_wo_version=_WRITTEN_ONCE,
                version_stages=FIRST_VERSION_STAGES,
                lifecycle=TerraformResourceLifecycle(ignore_changes=["version_stages"]),
            ),
        )

    def master_credential(self, key: str) -> str:
        """The bare expression that reads `username` or `password` from the stored master credentials.

        It reads what is stored, because a second draw would be a different password.
        """
        stored = ephemeral(
            self,
            "aws_secretsmanager_secret_version",
            "master_credentials",
            {"secret_id": self.first_values[MASTER_CREDENTIALS].secret_id},
        )
        return f'jsondecode({stored}.secret_string)["{key}"]'

    def _generated(self, row: SecretRow, master_username: str) -> str:
        drawn = ephemeral(
            self,
            "aws_secretsmanager_random_password",
            row.name.replace("-", "_"),
            {"password_length": row.length, "exclude_punctuation": True},
        )
        generated = f"{drawn}.random_password"
        if not row.document:
            return f"${{{generated}}}"
        expressions = {"{username}": f'"{master_username}"', "{generated}": generated}
        members = ", ".join(
            f'"{key}" = ' + expressions.get(value, f'"{value}"') for key, value in row.document
        )
        return f"${{jsonencode({{{members}}})}}"


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
    ) -> None:
        super().__init__(scope, id_)
        password = store.master_credential("password")
        values: Mapping[str, str] = {
            "username": settings.master_username,
            "password": f"${{urlencode({password})}}",
            "host": host,
            "port": str(port),
            "name": settings.name,
        }
        for row in rows:
            if row.origin == "composed":
                store.write_first_value(row.name, row.template.format(**values))
