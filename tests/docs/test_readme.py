"""What the README shows is what the project takes."""

import re
import tomllib
from pathlib import Path

from modules.settings.stage_files import parse_stage

README = (Path(__file__).parent.parent.parent / "README.md").read_text()


def test_the_stage_file_that_is_shown_is_a_stage_with_a_ninth_service() -> None:
    (text,) = re.findall(r"```toml\n# stages/demo\.toml.*?\n(.*?)```", README, flags=re.DOTALL)

    stage, mistakes = parse_stage(tomllib.loads(text), stage="demo")

    assert mistakes == []
    assert stage.services["reports"].path == "/v1/reports"
    assert len(stage.services) == 9
