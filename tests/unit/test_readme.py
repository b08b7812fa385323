from pathlib import Path

import pytest

from scripts.settings_table import settings_table

README = Path(__file__).parent.parent.parent / "README.md"
BEGIN, END = "<!-- settings: `make snapshots` writes this table -->\n", "\n<!-- /settings -->"


def test_the_readme_lists_every_setting(request: pytest.FixtureRequest) -> None:
    before, _, rest = README.read_text().partition(BEGIN)
    listed, _, after = rest.partition(END)

    if request.config.getoption("--update-snapshots"):
        README.write_text(before + BEGIN + settings_table() + END + after)
        listed = settings_table()

    assert listed == settings_table(), "run `make snapshots`"
