"""Plans of legacy folders, made by Terraform and trimmed, and what a later plan of them would say."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from imports.sources.terraform_base.planned import (
    AfterApply,
    ConfiguredObject,
    LegacyConfiguration,
    Value,
    read_configuration,
    refers_to,
)
from terraform.plan import Plan

PLANS = Path(__file__).parent.parent.parent / "legacy" / "plans"


def plan(name: str) -> dict[str, Any]:
    """A plan (`terraform show -json`) without what nobody reads."""
    document: dict[str, Any] = json.loads((PLANS / f"{name}.json").read_text())
    return document


@cache
def planned(name: str) -> LegacyConfiguration:
    return read_configuration(Plan(document=plan(name)))


def evaluated(configuration: LegacyConfiguration, ids: Mapping[str, str]) -> LegacyConfiguration:
    """What Terraform would say with these objects in place, for arguments that are made of one id."""

    def settled(each: ConfiguredObject, value: Value) -> Value:
        if not isinstance(value, AfterApply):
            return value
        made_of = [
            ids[other.address]
            for other in configuration.objects
            if other.address in ids and refers_to(value, each, other)
        ]
        return made_of[0] if made_of else value

    return replace(
        configuration,
        objects=tuple(
            replace(
                each,
                arguments={name: settled(each, value) for name, value in each.arguments.items()},
            )
            for each in configuration.objects
        ),
    )


def trimmed(document: Mapping[str, Any]) -> dict[str, Any]:
    """What a plan is kept as: the parts that are read, and no secret."""

    def module(content: Mapping[str, Any]) -> dict[str, Any]:
        kept = ("address", "mode", "type", "name", "provider_config_key", "expressions")
        return {
            "resources": [
                {key: each[key] for key in kept if key in each}
                for each in content.get("resources", ())
            ],
            "module_calls": {
                name: {"module": module(call["module"])}
                for name, call in content.get("module_calls", {}).items()
            },
        }

    changes = ("address", "module_address", "mode", "type", "name", "index")
    values = (
        document.get("prior_state", {})
        .get("values", {})
        .get("root_module", {})
        .get("resources", ())
    )
    return {
        "format_version": document["format_version"],
        "terraform_version": document["terraform_version"],
        "resource_changes": [
            {
                **{key: each[key] for key in changes if key in each},
                "change": {
                    "after": _without(each["change"]["after"], (None, [], {})),
                    "after_unknown": _without(each["change"]["after_unknown"], ([], {})),
                },
            }
            for each in document["resource_changes"]
        ],
        "prior_state": {
            "values": {
                "root_module": {
                    "resources": [
                        {"address": each["address"], "values": each["values"]}
                        for each in values
                        if each["address"].endswith(".atomic_inventory")
                    ]
                }
            }
        },
        "configuration": {"root_module": module(document["configuration"]["root_module"])},
        "complete": document["complete"],
        "errored": document["errored"],
    }


def _without(values: Mapping[str, Any], nothing: tuple[object, ...]) -> dict[str, Any]:
    return {
        key: value
        for key, value in values.items()
        if value not in nothing and key not in {"tags_all", "timeouts"}
    }
