"""What the README shows is what the project takes."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer.main

from modules.settings.stage_files import parse_stage
from tests.contract.command_lines import run_by

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text()


def test_the_stage_file_that_is_shown_is_a_stage_with_a_ninth_service() -> None:
    (text,) = re.findall(r"```toml\n# stages/demo\.toml.*?\n(.*?)```", README, flags=re.DOTALL)

    stage, mistakes = parse_stage(tomllib.loads(text), stage="demo")

    assert mistakes == []
    assert stage.services["reports"].path == "/v1/reports"
    assert len(stage.services) == 9


def test_every_page_is_two_clicks_away_at_most() -> None:
    start = ROOT / "README.md"
    seen = {start}
    for _ in range(2):
        seen |= {
            target
            for page in seen
            for link in re.findall(r"\]\(([^)#:\s]+\.md)", page.read_text())
            if (target := (page.parent / link).resolve()).is_relative_to(ROOT)
        }

    assert set((ROOT / "docs").rglob("*.md")) - seen == set()


def shown_commands() -> list[str]:
    """The lines in blocks of all pages that call our command lines."""
    blocks = [
        block
        for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
        for block in re.findall(
            r"^ *```(?:sh)?\n(.*?)^ *```$", page.read_text(), re.DOTALL | re.MULTILINE
        )
    ]
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return sorted({line for line in lines if re.match(r"python -m (ops|imports) ", line)})


@pytest.mark.parametrize("line", shown_commands())
def test_a_command_that_is_shown_exists_with_its_options(line: str) -> None:
    _, _, package, *words = shlex.split(line, comments=True)
    command: Any = typer.main.get_command(run_by(package).app)
    while inner := getattr(command, "commands", None):
        command = inner[words.pop(0)]

    command.make_context(line, words)
