"""What is read from checkov's answer, without running it."""

import json
from typing import Any

import pytest

from security import checkov
from security.checkov import CheckovError, addresses_by_line, check, parse
from security.exceptions import Failure

STACK = {
    "data": {"aws_region": {"here": {"//": {}, "name": "x"}}},
    "output": {"aws_lb": {"main": {"value": "an output, not a resource"}}},
    "resource": {
        "aws_lb": {"main": {"name": "alb", "tags": {"Name": "alb"}}},
        "aws_sns_topic": {"alarms": {"name": "a"}, "main": {"name": "b"}},
    },
}
TEXT = json.dumps(STACK, indent=2)
LINES = {address: number for number, address in addresses_by_line(TEXT).items()}


def answer(**lists: list[Any]) -> dict[str, Any]:
    empty: dict[str, list[Any]] = {"passed_checks": [], "failed_checks": [], "parsing_errors": []}
    return {"results": empty | lists}


def result(stage: str, *, line: int = 1, resource: str = "resource.main") -> dict[str, Any]:
    return {
        "check_id": "CKV_1",
        "check_name": "Ensure it",
        "file_path": f"/{stage}/cdk.tf.json",
        "file_line_range": [line, line + 2],
        "resource": resource,
    }


def test_resources_and_data_sources_are_found_by_their_line() -> None:
    found = addresses_by_line(TEXT)

    assert sorted(found.values()) == [
        "aws_lb.main",
        "aws_sns_topic.alarms",
        "aws_sns_topic.main",
        "data.aws_region.here",
    ]
    assert TEXT.splitlines()[LINES["aws_sns_topic.alarms"] - 1].strip() == '"alarms": {'


def test_a_failure_has_the_address_that_its_line_tells() -> None:
    failed = result("dev", line=LINES["aws_sns_topic.main"])

    reports = parse(
        answer(passed_checks=[result("dev")], failed_checks=[failed]),
        {"dev": TEXT},
        framework="terraform_json",
    )

    expected = Failure(check="CKV_1", resource="aws_sns_topic.main", stage="dev", what="Ensure it")
    assert reports["dev"].failures == (expected,)


def test_in_a_plan_checkov_names_the_address_itself() -> None:
    failed = result("dev", resource="aws_lb.main")

    reports = parse(answer(failed_checks=[failed]), {"dev": "{}"}, framework="terraform_plan")

    assert [failure.resource for failure in reports["dev"].failures] == ["aws_lb.main"]


def test_what_passed_is_counted_for_each_stage() -> None:
    passed = [result("dev"), result("prod"), result("prod")]

    reports = parse(
        answer(passed_checks=passed), {"dev": TEXT, "prod": TEXT}, framework="terraform_json"
    )

    assert {stage: report.passed for stage, report in reports.items()} == {"dev": 1, "prod": 2}


def test_an_unreadable_document_is_an_error() -> None:
    with pytest.raises(CheckovError, match=r"cannot read dev/cdk\.tf\.json"):
        parse(answer(parsing_errors=["dev/cdk.tf.json"]), {}, framework="terraform_json")


def test_an_answer_about_nothing_is_an_error() -> None:
    with pytest.raises(CheckovError, match="checked nothing"):
        parse({"passed": 0, "failed": 0}, {"dev": TEXT}, framework="terraform_json")


def test_a_missing_checkov_is_told_with_its_remedy(tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(checkov, "CHECKOV", tmp_path / "no-such-program")

    with pytest.raises(CheckovError, match="run `make checkov`"):
        check({"dev": STACK}, framework="terraform_json", folder=tmp_path)
