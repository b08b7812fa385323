"""The legacy base as every witness has it, with few enough objects that damage meets each kind of member."""

import json
from functools import cache
from typing import Any

from imports.record import AdoptionRecord
from tests.imports.records import (
    STATE_FILE,
    a_plan,
    attributes,
    base_record,
    bound_document,
    importing,
    legacy_state,
    stack_document,
)
from tests.imports.sources import plans
from tests.ops.plans import read_plan

# Of each kind one, and all that these refer to: a record has to be whole.
_KEPT = frozenset({
    "aws_db_instance.main", "aws_db_subnet_group.default", "aws_ecs_cluster.main",
    "aws_eip.nat", "aws_iam_role.ecs_task_execution_role", "aws_internet_gateway.gw",
    "aws_nat_gateway.nat", "aws_route_table.public", "aws_secretsmanager_secret.db_credentials",
    "aws_secretsmanager_secret_version.db_credentials_version", "aws_security_group.rds",
    "aws_subnet.private", "aws_subnet.public", "aws_vpc.main", "random_password.api_token",
})  # fmt: skip


def _is_kept(legacy_address: str) -> bool:
    return legacy_address.partition("[")[0] in _KEPT


# What the owner has beside the base, in every form that Terraform writes.
_FOREIGN: list[dict[str, Any]] = [
    {
        "mode": "managed",
        "type": "aws_sqs_queue",
        "name": "own",
        "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
        "instances": [
            {"schema_version": 0, "attributes_flat": {"id": "https://sqs/own", "tags.%": "0"}},
            {"index_key": "é", "attributes": None, "status": "tainted"},
            {"index_key": "é", "attributes": {}, "deposed": "0a1b2c3d"},
        ],
    },
    {
        "mode": "managed",
        "type": "terraform_data",
        "name": "größe",
        "module": 'module.orte["ä.b"]',
        "provider": 'provider["terraform.io/builtin/terraform"]',
        "instances": [{"index_key": 0, "attributes": {"id": "x"}, "sensitive_attributes": []}],
    },
    {"mode": "data", "type": "aws_caller_identity", "name": "now", "instances": None},
]


@cache
def state() -> Any:
    """The legacy state."""
    whole = json.loads(STATE_FILE.read_text())
    return {
        **whole,
        "resources": [
            *(each for each in whole["resources"] if f"{each['type']}.{each['name']}" in _KEPT),
            *_FOREIGN,
        ],
    }


@cache
def legacy_plan() -> Any:
    """What Terraform plans in the legacy folder over an empty state."""
    whole = plans.plan("base")
    (changes, module) = whole["resource_changes"], whole["configuration"]["root_module"]
    resources = [each for each in module["resources"] if _is_kept(each["address"])]
    return {
        **whole,
        "resource_changes": [each for each in changes if _is_kept(each["address"])],
        "configuration": {"root_module": {**module, "resources": resources}},
    }


@cache
def _record() -> AdoptionRecord:
    record = base_record()
    kept: dict[str, Any] = {
        part: [item for item in getattr(record, part) if _is_kept(item.legacy_address)]
        for part in ("adopted", "released", "not_covered")
    }
    origin = record.legacy.model_copy(update={"serial": legacy_state().serial})
    return record.model_copy(update={**kept, "legacy": origin})


@cache
def record() -> Any:
    """The adoption record."""
    return _record().model_dump(mode="json")


@cache
def plan() -> Any:
    """The plan that imports what the record holds."""
    return a_plan(*importing(_record())).document


_REPORTED = frozenset({
    "aws_cloudwatch_log_group.app", "aws_db_instance.main", "aws_ecr_repository.handshake",
    "aws_ecs_service.reports", "aws_ecs_task_definition.app", "aws_ecs_task_definition.reports",
    "aws_nat_gateway.nat_1",
})  # fmt: skip


@cache
def reported_plan() -> Any:
    """A plan that creates, changes, replaces and destroys, as terraform wrote it."""
    ordinary, risky = read_plan("ordinary").document, read_plan("risky").document
    changes = [*ordinary["resource_changes"], *risky["resource_changes"]]
    module = ordinary["configuration"]["root_module"]
    shown = [each for each in module["resources"] if each["address"] in _REPORTED]
    return {
        **ordinary,
        "configuration": {"root_module": {"resources": shown}},
        "resource_changes": [
            each
            for each in changes
            if each["address"] in _REPORTED and each["change"]["actions"] != ["no-op"]
        ],
    }


@cache
def new_state() -> Any:
    """The state after the adoption."""
    return {
        "version": 4,
        "terraform_version": "1.9.8",
        "serial": 3,
        "lineage": "new",
        "outputs": {},
        "resources": [
            {
                "mode": "managed",
                "type": item.type,
                "name": item.name,
                "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
                "instances": [
                    {
                        "schema_version": 0,
                        # What an apply adds to what was imported.
                        "attributes": {
                            **attributes()[item.address],
                            "recovery_window_in_days": 30,
                            "skip_final_snapshot": False,
                        },
                    }
                ],
            }
            for item in _record().adopted
        ],
    }


@cache
def stack(phase: str) -> str:
    """The synthesized stack, before the record is bound to it."""
    return json.dumps(stack_document(phase))


@cache
def bound_stack_document(phase: str) -> Any:
    """The synthesized stack, bound to the record."""
    return bound_document(phase, _record())


@cache
def bound_stack(phase: str) -> str:
    """The same as text."""
    return json.dumps(bound_stack_document(phase))
