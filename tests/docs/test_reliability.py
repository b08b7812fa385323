"""What docs/reliability.md says of who is told is what the stack has."""

import re
from pathlib import Path

import pytest

from tests.conftest import Synthesize

TEXT = (Path(__file__).parent.parent.parent / "docs" / "reliability.md").read_text()
WHO = TEXT.partition("## Who is told\n")[2].partition("\n## ")[0]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in WHO.splitlines()
    if line.startswith("| ") and not line.startswith(("| ---", "| what goes wrong"))
]
# What nobody may have to find out by himself.
NAMED = (
    "no task",
    "rolled back",
    "backup",
    "full",
    "fails over",
    "certificate stays pending",
    "certificate is not renewed",
    "quota",
    "zone is lost",
    "budget",
)


def test_the_table_names_what_can_go_wrong() -> None:
    told = " ".join(row[0] for row in ROWS)

    assert [each for each in NAMED if each not in told] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_each_row_says_who_learns_of_it_by_what_and_when(stack: Synthesize, row: list[str]) -> None:
    _, who, by, within = row
    (address,) = re.findall(r"^`([a-z0-9_]+\.[a-z0-9_]+)`$", by)

    assert address in stack("prod").read.resources
    assert who
    assert within


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_what_tells_the_operator_reaches_the_topic_or_an_address(
    stack: Synthesize, row: list[str]
) -> None:
    (address,) = re.findall(r"`([a-z0-9_.]+)`", row[2])
    type_, _, name = address.partition(".")
    resource = stack("prod").resource(type_, name)
    topic = "${aws_sns_topic.alarms.arn}"

    match type_:
        case "aws_cloudwatch_metric_alarm":
            assert resource["alarm_actions"] == [topic]
        case "aws_cloudwatch_event_rule":
            assert stack("prod").resource("aws_cloudwatch_event_target", name)["arn"] == topic
        case "aws_budgets_budget":
            for each in resource["notification"]:
                assert each["subscriber_email_addresses"] == ["ops@example.com"]
        case "aws_sns_topic_subscription":
            assert resource["endpoint"] == "ops@example.com"
        case _:
            assert row[1] == "who deploys"


def test_the_table_of_quiet_connections_names_every_routed_service(stack: Synthesize) -> None:
    quiet = TEXT.partition("## Quiet connections\n")[2].partition("\n## ")[0]

    for name in stack("prod").names("aws_lb_target_group"):
        assert re.search(rf"^\|[^|]*\b{name.partition('_')[0]}\b", quiet, re.MULTILINE), name
