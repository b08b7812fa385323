"""`python -m security`: what our own checks find is open unless an exception names it."""

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest

from security import __main__ as command
from security.checkov import Report
from terraform.stack import Stack
from tests.conftest import Synthesize
from tests.contract import json_keys
from tests.imports.records import bound_document, settings_of

pytestmark = pytest.mark.jsii


def run(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    document: Mapping[str, Any],
    *arguments: str,
) -> tuple[int, str]:
    """Check a dev that synthesizes to this, in which checkov finds nothing."""
    stacks = {"dev": Stack(document=document)}
    report = Report(passed=3, failures=())
    monkeypatch.setattr(command, "_synthesized", lambda *_: stacks)
    monkeypatch.setattr(command, "check", lambda *_, **__: {"dev": report})
    monkeypatch.setattr("sys.argv", ["security", "--stage", "dev", *arguments])
    with pytest.raises(SystemExit) as end:
        command.main()
    return int(end.value.code or 0), capsys.readouterr().out


def test_a_shipped_stage_has_nothing_open_and_says_what_was_read(
    stack: Synthesize, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, printed = run(monkeypatch, capsys, stack("dev").json)

    assert code == 0
    assert "dev: beside checkov 37 policies and 41 connections" in printed


def test_a_wide_policy_and_a_port_too_many_are_open(
    stack: Synthesize, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    document = copy.deepcopy(stack("dev").json)
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document["resource"]["aws_iam_role_policy"]["wide"] = {
        "role": "r",
        "policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    }
    rules = document["resource"]["aws_vpc_security_group_egress_rule"]
    rules["planted"] = {**rules["app_to_anywhere"], "from_port": 25, "to_port": 25}

    code, printed = run(monkeypatch, capsys, document, "--json")

    assert code == 2
    json_keys.check("security", ("--stage", "dev", "--json"), printed)
    answer = json.loads(printed)
    assert [(each["check"], each["resource"], each["what"]) for each in answer["open"]] == [
        ("IAM_ACTION_WILDCARD", "aws_iam_role_policy.wide", "s3:*"),
        ("NET_UNEXPECTED", "app to internet", "tcp, 25"),
    ]


@pytest.mark.jsii
@pytest.mark.parametrize("phase", ["adopt", "foundation", "full"])
def test_an_adopted_stage_is_read_in_every_phase(phase: str) -> None:
    found = command._own_failures(Stack(document=bound_document(phase)), settings_of(phase))

    assert not [each for each in found if each.check in {"NET_UNREAD", "NET_MISSING"}]
