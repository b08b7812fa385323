"""The words of the docs, of the help and of the messages: the same thing has the same name everywhere.

What is quoted from AWS, Terraform or a program is theirs: what stands between backticks is left out.
"""

import re
from pathlib import Path

import pytest
import typer.main

from local.emulator import PROJECT
from tests.contract.command_lines import run_by
from tests.docs.own_files import python_files
from tests.docs.test_advice import files, sentences

# What is not said, and what is said instead.
WORDS = (
    (
        r"\b(take|takes|taking|taken|took)( \w+){0,3} over\b",
        "adopt (a base, a stack), import (one object)",
    ),
    (
        r"\blet(s|ting)?( \w+){0,4} go\b|\breleas(e|es|ed|ing) (it|them|an? object|objects)\b",
        "remove from the old state",
    ),
    (r"(?<!stand-in )\b(stand|stands|standing|stood)\b(?!-in|\s(for|still)\b)", "exists, is"),
    (r"\bbroken off\b", "truncated"),
    (r"\b(mistake|complaint|problem|violation)s?\b", "error"),
    (r"\b(could not|cannot) be told\b", "unknown"),
    (r"\bnobody can be asked here\b", "not a terminal: pass --yes"),
    (r"\bwhat makes it what it is\b", "identifying attributes"),
    (r"\btakes? the ground away\b", "destroys the network of data"),
    (r"\bneeds? no leave\b", "does not need --allow"),
)
PAGES = (
    PROJECT / "README.md",
    PROJECT / "CONTRIBUTING.md",
    PROJECT / "CHANGELOG.md",
    *sorted((PROJECT / "docs").rglob("*.md")),
    PROJECT / "Makefile",
    PROJECT / "security" / "exceptions.toml",
)
LINES = ("ops", "imports", "security", "local.aws")
_QUOTED = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def wrong_words(text: str) -> list[str]:
    """Each word that has another one in its place, with a few words around it."""
    plain = _QUOTED.sub("` `", text)
    return [
        f"{plain[max(found.start() - 30, 0) : found.end() + 30]!r}: say {instead}"
        for pattern, instead in WORDS
        for found in re.finditer(pattern, plain, re.IGNORECASE)
    ]


def messages() -> list[Path]:
    """Every file whose texts somebody may read."""
    return [*files(), *python_files(*(PROJECT / name for name in ("dev", "local", "security")))]


def help_texts(command: object) -> list[str]:
    texts = [getattr(command, "help", None) or ""]
    texts += [getattr(each, "help", None) or "" for each in getattr(command, "params", ())]
    for inner in getattr(command, "commands", {}).values():
        texts += help_texts(inner)
    return texts


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_a_page_uses_our_words(page: Path) -> None:
    assert wrong_words(page.read_text()) == []


@pytest.mark.parametrize("line", LINES)
def test_the_help_uses_our_words(line: str) -> None:
    texts = help_texts(typer.main.get_command(run_by(line).app))

    assert len(texts) > 2
    assert [word for text in texts for word in wrong_words(text)] == []


@pytest.mark.parametrize("file", messages(), ids=lambda file: str(file.relative_to(PROJECT)))
def test_messages_use_our_words(file: Path) -> None:
    # A text without a blank is a key or a name, of which some are a contract.
    said = [text for text in sentences(file) if " " in text]

    assert [word for text in said for word in wrong_words(text)] == []


def test_a_word_is_found_and_one_in_a_quotation_is_not() -> None:
    assert len(wrong_words("It takes over what stands there.")) == 2
    assert wrong_words("`terraform problem` exists") == []
