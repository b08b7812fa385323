"""A file that is longer than others says in its head why: few are."""

import ast

from local.emulator import PROJECT
from tests.docs.own_files import python_files

LONG = 300


def head_of(text: str) -> str:
    return " ".join((ast.get_docstring(ast.parse(text)) or "").lower().split())


def test_a_long_file_says_why_it_is_one() -> None:
    folders = [path.parent for path in PROJECT.glob("*/__init__.py") if path.parent.name != "tests"]
    texts = {path: path.read_text() for path in python_files(*folders)}
    silent = [
        str(path.relative_to(PROJECT))
        for path, text in texts.items()
        if text.count("\n") > LONG and "longer than others" not in head_of(text)
    ]

    assert len(texts) > LONG
    assert silent == []
