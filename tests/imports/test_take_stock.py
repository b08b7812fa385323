"""What the inventory says of the stage file that it finds."""

from pathlib import Path

import pytest

from imports.take_stock import phase_notes
from tests.imports.records import settings_of


@pytest.mark.parametrize("phase", ["foundation", "full"])
def test_a_stage_file_in_a_later_phase_is_noted_with_the_phase_that_adopts(phase: str) -> None:
    (note,) = phase_notes(settings_of(phase), Path("prod.toml"))

    assert note.startswith(f'prod.toml says phase = "{phase}"')
    assert 'write phase = "adopt" there' in note


def test_a_stage_file_that_adopts_needs_no_note() -> None:
    assert phase_notes(settings_of("adopt"), Path("prod.toml")) == []
