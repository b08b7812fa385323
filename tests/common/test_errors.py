"""What stands in a message: one line, and not too long."""

from pathlib import PurePath

import pytest

from common.errors import shorten

LONG = PurePath("/", *["a-folder"] * 60, "main.tf")


@pytest.mark.parametrize("value", ["x" * 200, 10**100])
def test_a_long_value_loses_its_end(value: object) -> None:
    assert shorten(value) == f'"{str(value)[:77]}..."'


def test_a_path_is_told_whole() -> None:
    path = PurePath("/", *["a-folder"] * 20, "main.tf")

    assert shorten(path) == f'"{path}"'


def test_a_path_that_is_too_long_all_the_same_keeps_its_name() -> None:
    assert shorten(LONG).endswith('/a-folder/main.tf"')
    assert len(shorten(LONG)) == 322
