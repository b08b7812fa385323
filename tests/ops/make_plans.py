"""Writes tests/ops/plans: real plans of terraform against the embedded AWS, cut to what a report reads.

`python -m tests.ops.make_plans` (some five minutes). Nothing in them is secret; the last step makes sure.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from imports.workspace_record import path_of_record
from local.cdktf import Cdktf
from local.emulator import Emulator, running_emulator
from local.legacy import legacy_base
from terraform.cli import Terraform
from terraform.workspace import Workspace
from tests.integration.story import STAGE, Story

# What of a resource decides on its price.
_PRICED: Mapping[str, tuple[str, ...]] = {
    "aws_appautoscaling_target": ("resource_id", "min_capacity", "max_capacity"),
    "aws_db_instance": ("instance_class", "allocated_storage", "multi_az"),
    "aws_ecs_service": (
        "name",
        "task_definition",
        "desired_count",
        "capacity_provider_strategy",
        "network_configuration",
    ),
    "aws_ecs_task_definition": ("arn", "cpu", "memory", "runtime_platform"),
    "aws_lb": ("internal", "subnets"),
    "aws_rds_cluster": ("serverlessv2_scaling_configuration",),
}
PLANS = Path(__file__).parent / "plans"
_REQUIRED = 'domain_name = "app.example.com"\noperator_email = "ops@example.com"\n'
_SMALL = (
    _REQUIRED
    + "retain_data = false\nsecurity = { web_firewall = false, backups = false }\n"
    + '[network]\nnat = "single"\n[database]\ninstance_class = "db.t3.micro"\nmulti_az = false\n'
)
_ORDINARY = (
    _SMALL.replace('"single"', '"per-az"')
    + """
[logs]
retention_days = 60

[services.app]
cpu_units = 512
memory_mib = 1024
uses_bucket = true
environment = { FEATURE_FLAGS = "calendar,notes" }

[services.reports]
port = 9000
path = "/v1/reports"
priority = 70
secrets = { HASURA_GRAPHQL_ADMIN_SECRET = "hasura-admin-secret" }
"""
)
# Another master user is another database; and the registry of a service that takes a public image goes.
_RISKY = (
    _SMALL.replace("[database]", '[database]\nmaster_username = "owner"')
    + '[services.handshake]\nimage = "public.ecr.aws/example/handshake:1.4.2"\n'
)


def main() -> int:
    """Deploy a small prod, plan two changes of it; apply a legacy base, plan its adoption."""
    PLANS.mkdir(exist_ok=True)
    parts = {"changes": _changes_of_prod, "adoption": _adoption}
    for part in sys.argv[1:] or parts:
        with (
            tempfile.TemporaryDirectory(prefix="atomic-plans-") as name,
            running_emulator() as emulator,
        ):
            parts[part](Path(name), emulator)
    return 0


def _changes_of_prod(folder: Path, emulator: Emulator) -> None:
    def say(text: str) -> Workspace:
        stages = folder / "stages"
        stages.mkdir(exist_ok=True)
        (stages / "prod.toml").write_text(text)
        return _workspace(folder, emulator, "prod")

    cdktf = Cdktf(folder=folder, environment=dict(say(_SMALL).environ))
    cdktf.run("deploy", "atomic-prod", "--auto-approve", on_line=_tell)
    for name, text in (("ordinary", _ORDINARY), ("risky", _RISKY)):
        plan = _plan(say(text).synthesize(), folder)
        _write(name, plan, _secrets(emulator))


def _adoption(folder: Path, emulator: Emulator) -> None:
    legacy = legacy_base(folder / "legacy", emulator, environment=os.environ)
    legacy.checked("apply", "-auto-approve", "-input=false", "-no-color")
    story = Story(emulator=emulator, legacy=legacy, folder=folder)
    story.stages.mkdir()
    answer = story.imports("inventory", *story.from_legacy)
    if answer.code:
        raise SystemExit(answer.text + answer.errors)
    workspace = _workspace(folder, emulator, STAGE)
    terraform = workspace.synthesize()
    secrets = _secrets(emulator)
    _write("adoption", _plan(terraform, folder), secrets)
    document = json.loads((terraform.folder / "cdk.tf.json").read_text())
    _write("adoption.stack", {"resource": document["resource"]}, secrets, cut=lambda each: each)
    record = json.loads(path_of_record(workspace).read_text())
    _write("adoption.record", record, secrets, cut=lambda each: each)


def _workspace(folder: Path, emulator: Emulator, stage: str) -> Workspace:
    return Workspace(
        stage=stage,
        environ={
            **os.environ,
            **emulator.environment,
            "ATOMIC_STAGES_DIR": str(folder / "stages"),
            "ATOMIC_STAGE": stage,
            "ATOMIC_STATE_DIR": str(folder),
            "CDKTF_OUTDIR": str(folder / "cdktf.out"),
        },
    )


def _plan(terraform: Terraform, folder: Path) -> Mapping[str, Any]:
    terraform.plan(folder / "plan")
    return terraform.show(folder / "plan").document


def _cut(plan: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without what is not read: unchanged resources keep what has a price."""
    return {
        "format_version": plan["format_version"],
        "terraform_version": plan["terraform_version"],
        "resource_changes": [
            _cut_change(change)
            for change in plan["resource_changes"]
            if change["mode"] == "managed"
        ],
        "configuration": {
            "root_module": {
                "resources": [
                    {
                        "address": resource["address"],
                        "expressions": {
                            "task_definition": resource["expressions"]["task_definition"]
                        },
                    }
                    for resource in plan["configuration"]["root_module"]["resources"]
                    if "task_definition" in resource.get("expressions", {})
                ]
            }
        },
    }


def _cut_change(change: Mapping[str, Any]) -> Mapping[str, Any]:
    kept = {
        key: change[key] for key in ("address", "mode", "type", "name", "change") if key in change
    }
    kept |= {key: change[key] for key in ("action_reason", "deposed") if key in change}
    if change["change"]["actions"] == ["no-op"] and not change["change"].get("importing"):
        names = _PRICED.get(change["type"], ())
        values = {name: change["change"]["before"].get(name) for name in names}
        kept["change"] = {**change["change"], "before": values, "after": values}
        kept["change"] |= {"before_sensitive": {}, "after_sensitive": {}, "after_unknown": {}}
    return kept


def _secrets(emulator: Emulator) -> list[str]:
    client = emulator.client("secretsmanager")
    listed = client.list_secrets(MaxResults=100)["SecretList"]
    values = [client.get_secret_value(SecretId=each["Name"])["SecretString"] for each in listed]
    inner = [json.loads(value) for value in values if value.startswith("{")]
    return [
        value
        for value in (*values, *(str(each) for of in inner for each in of.values()))
        if len(value) > 16 and value not in {"ENTER_VALUE_IN_SECRETS_MANAGER"}
    ]


def _write(
    name: str,
    document: Mapping[str, Any],
    secrets: list[str],
    *,
    cut: Callable[[Mapping[str, Any]], Mapping[str, Any]] = _cut,
) -> None:
    text = json.dumps(cut(document), indent=1, sort_keys=True) + "\n"
    found = [value for value in secrets if value in text]
    if found:
        raise SystemExit(f"{name}: {len(found)} secret values are in it, nothing is written")
    (PLANS / f"{name}.json").write_text(text)
    _tell(f"{name}.json: {len(text)} bytes")


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
