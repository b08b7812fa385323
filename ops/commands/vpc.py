"""`vpc`: whether a stage can use a VPC that exists, before its file names it."""

from typing import Annotated

import typer

from aws.client import boto3_clients
from common.screen import ASKS_FOR_A_PERSON, AsJson, print_json, print_table, say
from modules.settings.services import SERVICES
from ops.facts.given_vpc import VpcFacts, lacks, quoted, vpc_facts

# What the services have at most, with the new ones of a deployment, where a stage file changes nothing.
_TASKS = 2 * sum(max(each.min_tasks, each.max_tasks) for each in SERVICES)


def vpc(
    vpc_id: Annotated[str, typer.Argument(help="the VPC, as vpc-0123456789abcdef0")],
    region: Annotated[str | None, typer.Option(help="its region; default: AWS_REGION")] = None,
    as_json: AsJson = False,
) -> None:
    """Look at a VPC that exists: its subnets, the lines of a stage file that would use it, what it lacks.

    Nothing of it is changed. Exit code 0 nothing is lacking, 1 error, 2 something is.

    Example: `python -m ops vpc vpc-0123456789abcdef0 --region eu-central-1`
    """
    found = vpc_facts(boto3_clients(region=region), vpc_id)
    public, private = found.of("internet"), found.of("nat", "other") or found.of("none")
    missing = list(
        lacks(
            found,
            public=[each.id for each in public],
            private=[each.id for each in private],
            tasks=_TASKS,
            in_public=False,
        )
    )
    if as_json:
        print_json({"vpc": found, "public": public, "private": private, "lacks": missing})
    else:
        _show(found, [each.id for each in public], [each.id for each in private], missing)
    if missing:
        raise typer.Exit(ASKS_FOR_A_PERSON)


def _show(found: VpcFacts, public: list[str], private: list[str], missing: list[str]) -> None:
    print_table(
        ("subnet", "zone", "block", "free addresses", "way out"),
        [(each.id, each.zone, each.block, each.free, each.way) for each in found.subnets],
    )
    say()
    say("[network]")
    say(f'vpc_id = "{found.id}"')
    for name, ids in (("public", public), ("private", private)):
        say(f"{name}_subnet_ids = {quoted(ids)}")
    if found.nat_addresses:
        say(f"nat_addresses = {quoted(found.nat_addresses)}")
    say()
    for each in missing:
        say(f"lacking: {each}")
    if not missing:
        say(f"{found.id} has what a stage needs: DNS, two zones, ways in and out, free addresses")
