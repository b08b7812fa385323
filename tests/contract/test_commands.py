"""Every command, argument, option, exit code and make target that there was is there still."""

import re
from pathlib import Path

import pytest

from tests.contract.command_lines import (
    Parameters,
    commands,
    ends_with,
    helps,
    make_targets,
    run_by,
)
from tests.contract.tables import table

COMMANDS: dict[str, dict[str, Parameters]] = table("commands")
EXIT_CODES = table("exit_codes")
EACH = [(name, command) for name, listed in COMMANDS.items() for command in listed]
OF_A_STAGE = [(name, command) for name, command in EACH if name in {"ops", "imports"}]
TARGETS = table("make_targets")

_NUMBER = re.compile(r"\b[0-9]\b")


@pytest.mark.parametrize("name", ["ops", "imports"])
def test_every_command_is_listed(name: str) -> None:
    assert set(commands(name)) == set(COMMANDS[name])


@pytest.mark.parametrize(("name", "command"), EACH)
def test_a_command_takes_what_it_took(name: str, command: str) -> None:
    now = commands(name)[command]

    for parameter, before in COMMANDS[name][command].items():
        found = now[parameter]
        spellings = {"spellings": [*before["spellings"]]}
        kept = [each for each in found["spellings"] if each in before["spellings"]]
        # What had to be named and may be left out now is still taken.
        asked = {"required": before["required"] or found["required"]}
        assert {**found, **asked, "spellings": kept} == {**before, **spellings}, parameter


@pytest.mark.parametrize(("name", "command"), EACH)
def test_a_command_asks_for_nothing_more(name: str, command: str) -> None:
    now = commands(name)[command]

    asked = {parameter for parameter, each in now.items() if each["required"]}

    assert asked <= {
        parameter for parameter, each in COMMANDS[name][command].items() if each["required"]
    }


@pytest.mark.parametrize(("name", "codes"), EXIT_CODES["of a command line"].items())
def test_a_command_line_tells_its_exit_codes(name: str, codes: list[int]) -> None:
    told = run_by(name).__doc__ or ""

    assert "Exit codes: " in told
    assert set(codes) <= _numbers(told.partition("Exit codes: ")[2])


@pytest.mark.parametrize(("name", "codes"), EXIT_CODES["of a command"].items())
def test_a_command_tells_its_exit_codes(name: str, codes: list[int]) -> None:
    line, _, command = name.partition(" ")

    assert set(codes) <= _numbers(helps(line)[command])


@pytest.mark.parametrize(("typed", "code"), EXIT_CODES["of what is typed"])
def test_what_is_typed_ends_with_the_code_it_ended_with(
    typed: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ends_with(typed.split(), monkeypatch) == code


@pytest.mark.jsii
@pytest.mark.parametrize(("name", "command"), OF_A_STAGE)
def test_a_stage_that_is_not_there_is_an_error(
    name: str,
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ATOMIC_STAGES_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    required = COMMANDS[name][command].items()
    given = [
        typed
        for parameter, each in required
        if each["required"] and parameter != "--stage"
        for typed in ([parameter, str(tmp_path)] if each["spellings"] else ["x"])
    ]

    code = ends_with([name, *command.split(), *given, "--stage", "nowhere"], monkeypatch)

    said = capsys.readouterr()
    assert (code, said.out) == (1, "")
    assert said.err.splitlines()[-1].startswith("error: ")
    assert list(tmp_path.iterdir()) == []


def test_every_make_target_is_there() -> None:
    assert set(TARGETS) <= set(make_targets())


@pytest.mark.parametrize("target", ["demo", "demo-adopt", "audit", "fuzz", "release-snapshot"])
def test_what_a_target_runs_is_there(target: str) -> None:
    assert make_targets()[target]
    assert callable(run_by(target).main)


def _numbers(text: str) -> set[int]:
    return set(map(int, _NUMBER.findall(text)))
