"""Writes what brings a deleted stack back, says how, and looks whether somebody has."""

import json
from pathlib import Path
from typing import Final

from aws.client import Clients, ask_all
from common.errors import listed
from common.files import replace_file
from imports.record import AdoptionRecord, StackOrigin
from imports.stack_retirement.bring_back import BringBack, bring_back
from imports.stack_retirement.plan import plan, retained
from imports.stack_retirement.stack_backup import StackBackup, stack_before
from imports.stack_retirement.stack_calls import MOST_BYTES, stack_facts

_SETTLED: Final = ("IMPORT_COMPLETE", "UPDATE_COMPLETE")


def brought_back(record: AdoptionRecord, origin: StackOrigin, backup: StackBackup) -> BringBack:
    """Return what brings the rows back that the retirement kept."""
    # CloudFormation knows an address by itself alone, and wants its allocation too.
    allocations = {
        item.legacy_address: item.import_id
        for item in record.of("stack").adopted
        if item.type == "aws_eip"
    }
    return bring_back(
        backup,
        retained(plan(origin, stack_before(backup))),
        account_id=record.account_id,
        allocations=allocations,
    )


def write_files(folder: Path, wanted: BringBack) -> tuple[Path, ...]:
    """Write the files of the change set, private to their owner, and return their paths."""
    documents = {
        "template.json": wanted.template,
        "resources-to-import.json": json.dumps(wanted.resources, indent=1),
        "parameters.json": json.dumps(wanted.parameters, indent=1),
    }
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, text in documents.items():
        replace_file(folder / name, f"{text}\n", mode=0o600)
    return tuple(folder / name for name in documents)


def holds_again(
    clients: Clients, origin: StackOrigin, backup: StackBackup, wanted: BringBack
) -> bool:
    """Return whether a stack of that name holds everything that the change set brings back."""
    facts = stack_facts(clients, origin.name)
    if facts is None or facts["StackStatus"] not in _SETTLED:
        return False
    rows = ask_all(
        clients,
        "cloudformation",
        "ListStackResources",
        "StackResourceSummaries",
        StackName=str(facts["StackId"]),
    )
    there = {row["LogicalResourceId"]: row["PhysicalResourceId"] for row in rows}
    return all(
        there.get(logical_id) == backup.physical_ids[logical_id] for logical_id in wanted.rows
    )


def how(
    origin: StackOrigin, backup: StackBackup, wanted: BringBack, files: tuple[Path, ...]
) -> tuple[str, ...]:
    """Return what a person has to do, a line each."""
    template, resources, parameters = files
    body = f"--template-body file://{template}"
    if len(wanted.template.encode()) > MOST_BYTES:
        body = f"--template-url URL (put {template} into a bucket, it is too long for a request)"
    given = (
        f"write the values of {listed(wanted.to_be_given)} into {parameters} first: CloudFormation tells "
        "them to nobody",
    )
    return (
        f"{origin.name} is deleted: this state owns all of it until CloudFormation has imported its "
        f"{len(wanted.rows)} rows",
        *(given if wanted.to_be_given else ()),
        f"aws cloudformation create-change-set --stack-name {origin.name} --change-set-name bring-back "
        f"--change-set-type IMPORT {body} --resources-to-import file://{resources} --parameters "
        f"file://{parameters} --capabilities {' '.join(backup.capabilities) or 'CAPABILITY_NAMED_IAM'}",
        f"aws cloudformation execute-change-set --stack-name {origin.name} --change-set-name bring-back",
        "then run the same command again: this state forgets what the stack holds",
        "what CloudFormation has deleted does not come back (roles, helper functions, old revisions, "
        "alarms): `cdk deploy` makes it anew, and applies to the database what its template says",
    )
