"""What the README shows is what the project takes."""

import re
import tomllib
from pathlib import Path

from modules.settings.stage_files import parse_stage

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
