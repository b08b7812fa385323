"""A stage whose state gets lost, and what stands of it."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dev.fault_injection.census import Comparison, census, compare, held_by
from local.cdktf import Cdktf
from local.emulator import PROJECT, Emulator
from terraform.state_file import lock_info_path
from tests.answer import Answer
from tests.contract import json_keys
from tests.integration.story import killed

NOTHING = Comparison(orphans=(), missing=())


@dataclass(frozen=True, kw_only=True)
class RecoverableStage:
    """A stage on an emulator, to be recovered from there."""

    name: str
    cdktf: Cdktf
    emulator: Emulator

    @property
    def stack(self) -> str:
        """Its stack."""
        return f"atomic-{self.name}"

    @property
    def state_file(self) -> Path:
        """Where the state is."""
        return self.cdktf.state_file(self.stack)

    def is_locked(self) -> bool:
        """Whether somebody holds the state, or has left a lock behind."""
        return lock_info_path(self.state_file).exists()

    def killed_deploy(self, moment: str) -> bool:
        """A deploy that is killed -9 at a moment; whether it was at work then."""
        return killed(
            ["cdktf", "deploy", self.stack, "--auto-approve", "--output", str(self.cdktf.outdir)],
            environment=self.cdktf.process_environment(),
            after_step=moment,
            seconds=0,
        )

    def recover(self, *options: str) -> Answer:
        """`python -m ops recover --stage NAME OPTIONS`."""
        return self.ops("recover", *options)

    def ops(self, command: str, *options: str) -> Answer:
        """`python -m ops COMMAND --stage NAME OPTIONS`."""
        finished = subprocess.run(
            [sys.executable, "-m", "ops", *command.split(), "--stage", self.name, *options],
            cwd=PROJECT,
            env={**self.cdktf.process_environment(), "CDKTF_OUTDIR": str(self.cdktf.outdir)},
            capture_output=True,
            text=True,
            check=False,
        )
        json_keys.check("ops", (command, *options), finished.stdout)
        return Answer(code=finished.returncode, text=finished.stdout, errors=finished.stderr)

    def held(self) -> Mapping[str, Mapping[str, Any]]:
        """The attributes of what the state holds, by address."""
        return {
            f"{resource['type']}.{resource['name']}": resource["instances"][0]["attributes"]
            for resource in self.state()["resources"]
            if resource["mode"] == "managed"
        }

    def ids(self) -> Mapping[str, str]:
        """What the state holds, by address.

        The provider draws an attachment's id, and another when it imports: there it is who has which policy.
        """
        return {
            address: f"{attributes['role']}/{attributes['policy_arn']}"
            if address.startswith("aws_iam_role_policy_attachment.")
            # Types of the newer framework of the provider have an ARN and no id.
            else str(attributes.get("id") or attributes["chat_configuration_arn"])
            for address, attributes in self.held().items()
        }

    def account(self, *others: Mapping[str, Any]) -> Comparison:
        """The account against the state, and the states of the stages beside it."""
        return compare(census(cache(self.emulator.client)), held_by(self.state(), *others))

    def secret_values(self) -> dict[str, str]:
        """Every secret's current value by name."""
        secrets = self.emulator.client("secretsmanager")
        return {
            item["Name"]: secrets.get_secret_value(SecretId=item["Name"])["SecretString"]
            for item in secrets.list_secrets(MaxResults=100)["SecretList"]
        }

    def state(self) -> dict[str, Any]:
        """What is in the state file."""
        document: dict[str, Any] = json.loads(self.state_file.read_text())
        return document
