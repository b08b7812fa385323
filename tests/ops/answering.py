"""Runs the operator's command line in this process."""

import sys

import pytest

from ops import __main__ as command_line
from tests.answer import Answer
from tests.contract import json_keys


def answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object
) -> Answer:
    """What `python -m ops ARGUMENTS` says."""
    monkeypatch.setattr(sys, "argv", ["python -m ops", *map(str, arguments)])
    with pytest.raises(SystemExit) as caught:
        command_line.main()
    said = capsys.readouterr()
    json_keys.check("ops", arguments, said.out)
    return Answer(code=int(caught.value.code or 0), text=said.out, errors=said.err)
