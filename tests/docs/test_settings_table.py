from pathlib import Path

import pytest

from tests.docs.settings_table import settings_table

PAGE = Path(__file__).parent.parent.parent / "docs" / "settings.md"
BEGIN, END = "<!-- settings: `make snapshots` writes this table -->\n", "\n<!-- /settings -->"


def test_the_docs_list_every_setting(request: pytest.FixtureRequest) -> None:
    before, _, rest = PAGE.read_text().partition(BEGIN)
    listed, _, after = rest.partition(END)

    if request.config.getoption("--update-snapshots"):
        PAGE.write_text(before + BEGIN + settings_table() + END + after)
        listed = settings_table()

    assert listed == settings_table(), "run `make snapshots`"
