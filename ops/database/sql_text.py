"""What a file of SQL holds, as far as one transaction bears it. Pure: text in, statements and errors out.

psql splits statements as this does: by semicolons outside of quotes, comments, parentheses and the bodies of
SQL functions. https://www.postgresql.org/docs/15/sql-syntax-lexical.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from modules.settings.characters import unseen_kind

_TOKEN: Final = re.compile(
    r"""
    (?P<blank>[ \t\n\r\f\v]+|--[^\n]*)
    |(?P<string>[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*")
    |(?P<dollar>\$(?:[^\W\d]\w*)?\$)
    |(?P<word>[^\W\d][\w$]*)
    |(?P<comment>/\*)
    |(?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_EDGE: Final = re.compile(r"/\*|\*/")
_ROUTINE: Final = re.compile(r"CREATE (OR REPLACE )?(FUNCTION|PROCEDURE)\b")

# What a statement begins with, and why it cannot be a part of our transaction.
_REFUSED: Final = tuple(
    (re.compile(pattern), why)
    for pattern, why in (
        (
            r"(BEGIN|START TRANSACTION|COMMIT|END|ABORT|PREPARE TRANSACTION)\b"
            r"|ROLLBACK\b(?!( WORK| TRANSACTION)? TO\b)",
            "each file runs in a transaction already: take {words} out",
        ),
        (
            r"COPY\b.*\b(FROM STDIN|TO STDOUT)\b",
            "the data of {words} is not SQL: write INSERT statements, as `pg_dump --inserts` does",
        ),
        (
            r"(CREATE( UNIQUE)? INDEX|DROP INDEX|REINDEX\b.*|ALTER TABLE\b.* DETACH PARTITION\b.*)"
            r" CONCURRENTLY\b",
            "{words} cannot run in a transaction: leave CONCURRENTLY out, or run it by hand",
        ),
        (
            r"(VACUUM|(CREATE|DROP) (DATABASE|TABLESPACE|SUBSCRIPTION)|ALTER SYSTEM"
            r"|REINDEX (DATABASE|SYSTEM))\b|CLUSTER$",
            "{words} cannot run in a transaction: run it by hand",
        ),
        (
            r"(SET( LOCAL| SESSION)? (ROLE|SESSION AUTHORIZATION)|RESET (ROLE|SESSION AUTHORIZATION)"
            r"|SET SESSION AUTHORIZATION|DISCARD)\b",
            "the file's name says who it runs as: take {words} out",
        ),
    )
)
_WORDS_TOLD: Final = 3


@dataclass(frozen=True, kw_only=True)
class _Statement:
    line: int
    words: str


class SqlError(Exception):
    """What is wrong with a text, and in which line."""


def error_in(text: str) -> str | None:
    """Return why this text cannot be applied, with its line; None where it can."""
    is_empty = True
    try:
        for statement in _statements(text):
            is_empty = False
            for pattern, why in _REFUSED:
                if pattern.match(statement.words):
                    words = " ".join(statement.words.split(" ")[:_WORDS_TOLD])
                    return f"line {statement.line}: {why.format(words=words)}"
    except SqlError as error:
        return str(error)
    return "it holds no statement: leave it out" if is_empty else None


def _statements(text: str) -> Iterator[_Statement]:
    """Yield each statement's words in capitals. Raises SqlError for what psql would stumble over."""
    words: list[str] = []
    line = parentheses = depth = at = counted = 0
    here = 1
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None  # noqa: S101  # the last alternative is any character
        kind, found = match.lastgroup, match[0]
        here, counted = here + text.count("\n", counted, at), at
        at = _end(text, match, here)
        if kind in {"blank", "comment"}:
            continue
        if found == ";" and not parentheses and not depth:
            if line:
                yield _Statement(line=line, words=" ".join(words))
            words, line = [], 0
            continue
        line = line or here
        if kind == "word":
            words.append(found.upper())
            depth = _depth(words, depth)
        elif found == "\\":
            raise SqlError(
                f"line {here}: a backslash begins a command of psql, which is not SQL: take it out (what "
                "pg_dump writes has \\restrict and \\unrestrict)"
            )
        elif kind == "other":
            unseen = unseen_kind(found)
            if unseen:
                raise SqlError(
                    f"line {here}: {unseen} (U+{ord(found):04X}) is no SQL: take it out; each of several "
                    "files that were joined may have begun with one"
                )
            parentheses = max(0, parentheses + {"(": 1, ")": -1}.get(found, 0))
    if line:
        yield _Statement(line=line, words=" ".join(words))


def _depth(words: list[str], depth: int) -> int:
    """Count the blocks that are open in the body of an SQL function, where semicolons end nothing."""
    word = words[-1]
    if word == "ATOMIC" and words[-2:-1] == ["BEGIN"] and _ROUTINE.match(" ".join(words[:4])):
        return depth + 1
    if depth and word in {"CASE", "END"}:
        return depth + (1 if word == "CASE" else -1)
    return depth


def _end(text: str, match: re.Match[str], here: int) -> int:
    """Return where a found ends, with what it opens."""
    if match.lastgroup == "dollar":
        end = text.find(match[0], match.end())
        if end < 0:
            raise SqlError(f"line {here}: {match[0]} is not closed")
        return end + len(match[0])
    if match.lastgroup == "comment":
        return _end_of_comment(text, match.end(), here)
    if match.lastgroup == "other" and match[0] in "'\"":
        raise SqlError(f"line {here}: the quote {match[0]} is not closed")
    return match.end()


def _end_of_comment(text: str, at: int, here: int) -> int:
    depth = 1
    for edge in _EDGE.finditer(text, at):
        depth += 1 if edge[0] == "/*" else -1
        if not depth:
            return edge.end()
    raise SqlError(f"line {here}: the comment is not closed")
