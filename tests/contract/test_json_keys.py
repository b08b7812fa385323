"""Every key that a program may read of `--json` is listed, and looked for where a test runs the command.

What runs a command in a test hands what it printed to `json_keys.check`: `tests/integration` does for what
needs a deployed stage.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.contract.command_lines import ends_with
from tests.contract.json_keys import KEYS, check, lacking
from tests.contract.tables import table

STAGE = 'domain_name = "app.example.com"\noperator_email = "ops@example.com"\n'


def test_each_command_that_prints_json_is_listed() -> None:
    print_json = {
        f"{name} {command}".strip()
        for name, listed in table("commands").items()
        for command, parameters in listed.items()
        if "--json" in parameters
    }
    further = {
        "imports retire, of a stack",
        "imports rollback, of a stack",
        "ops cost --compare",
        "ops state bootstrap, without a bucket",
    }

    assert set(KEYS) - further == print_json


@pytest.mark.parametrize(
    ("document", "gone"),
    [
        ({"a": {"b": 1}, "c": [{"d": 1}, {"d": 2}], "e": {"x": {"f": 1}}}, []),
        ({"a": None, "c": [], "e": {}}, []),
        ({"a": {}, "c": [{"d": 1}, {}], "e": {"x": {}}}, ["a.b", "c[].d", "e.*.f"]),
        ({}, ["a.b", "c[].d", "e.*.f"]),
    ],
    ids=["whole", "empty", "nested ones gone", "all gone"],
)
def test_what_is_gone_is_named(document: Any, gone: list[str]) -> None:
    assert lacking(document, ["a.b", "c[].d", "e.*.f"]) == gone


def test_an_answer_without_its_keys_fails() -> None:
    with pytest.raises(AssertionError, match="restarted"):
        check("ops", ["restart", "--stage", "dev", "hasura", "--json"], '{"services": []}')


@pytest.mark.parametrize("phase", ["", 'phase = "foundation"\n'])
def test_where_to_look_needs_no_stage_that_stands(
    phase: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "dev.toml").write_text(phase + STAGE)
    monkeypatch.setenv("ATOMIC_STAGES_DIR", str(tmp_path))
    arguments = ["open", "--stage", "dev", "--json"]

    code = ends_with(["ops", *arguments], monkeypatch)

    assert code == 0
    check("ops", arguments, capsys.readouterr().out)
