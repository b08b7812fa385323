"""What the inputs are made of: sound documents, texts and command lines, and every way to damage them."""

import copy
import json
import re
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        2**70,
        1.5,
        "",
        "x",
        "${x}",
        "\n",
        "aws_vpc.main",
        [],
        [None],
        {},
        {"id": 1},
    ]
)
# Light, so that most of a document stays sound: what is refused at the door tests nothing behind it.
DAMAGE = st.lists(
    st.tuples(
        st.integers(0, 2**31), st.sampled_from(["put", "drop", "wrap", "rename", "double"]), JUNK
    ),
    max_size=3,
)
# What a process can be given: no NUL, and nothing that is not UTF-8.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)


def _in(encoding: str, before: str = "") -> Callable[[str], bytes]:
    return lambda text: (before + text).encode(encoding, "surrogatepass")


# As the shells of others write a file: mostly UTF-8; PowerShell's marks, and the line of a wrapper.
_SHELLS = st.sampled_from([
    *[_in("utf-8")] * 6, _in("utf-8-sig"), _in("utf-16"), _in("utf-8", "[command]terraform show\n"),
])  # fmt: skip


def documents(sound: Callable[[], Any]) -> st.SearchStrategy[bytes]:
    """A sound document in JSON, mostly with up to three changes; else cut, or no document at all."""
    damaged = st.tuples(DAMAGE, _SHELLS).map(
        lambda parts: parts[1](json.dumps(_damaged(sound(), parts[0]), ensure_ascii=False))
    )
    cut = st.tuples(damaged, st.integers(0, 4000), st.binary(max_size=3)).map(
        lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] + 1 :]
    )
    broken = st.tuples(damaged, st.integers(0, 4000)).map(lambda parts: parts[0][: parts[1]])
    other = JUNK.map(lambda value: json.dumps(value).encode())
    deep = st.integers(1, 3000).map(lambda depth: b"[" * depth + b"]" * depth)
    hopeless = st.one_of(cut, broken, other, deep, st.binary(max_size=40))
    return st.one_of(damaged, damaged, damaged, hopeless)


# Values and pieces of lines, sound in TOML, in HCL, in both or in neither.
PIECES = st.sampled_from([
    '""', '"x"', "0", "-1", "9" * 40, "1.5", "true", "null", "[]", "{}", '["x"]', "[[services]]", "${",
    '"${var.x}"', "var.region", "count = 2", "}", "{", "<<-E", "count.index", '"%{ if true }x%{ endif }"',
    'cidrsubnet("10.0.0.0/16", 8, 300)', "1 / 0", "\ufeff", "é",
])  # fmt: skip
EDITS = st.lists(
    st.tuples(
        st.integers(0, 2**31),
        st.sampled_from(["vary", "vary", "drop", "double", "value", "insert", "cut"]),
        PIECES,
    ),
    max_size=3,
)


def edited(text: str, edits: list[tuple[int, str, str]]) -> str:
    """A text with these changes, each to one of its lines that says something."""
    lines = text.splitlines(keepends=True)
    for seed, action, piece in edits:
        places = [at for at, line in enumerate(lines) if line.strip() and line.strip()[0] != "#"]
        if not places:
            break
        at = places[seed % len(places)]
        before, sign, _ = lines[at].partition("=")
        if action == "vary":
            lines[at] = _varied(lines[at], seed)
        elif action == "drop":
            del lines[at]
        elif action == "double":
            lines.insert(at, lines[at])
        elif action == "value" and sign:
            lines[at] = f"{before}= {piece}\n"
        elif action == "insert":
            lines.insert(at, f"{piece}\n")
        elif action == "cut":
            lines[at] = lines[at][: seed % (len(lines[at]) + 1)]
    return "".join(lines)


def _varied(line: str, seed: int) -> str:
    """The line with a number some more, or a truth the other way round: most of it is still sound."""
    opposite = {"true": "false", "false": "true"}
    return re.sub(
        r"\d+|true|false",
        lambda found: opposite.get(found[0]) or str(int(found[0]) + seed % 5),
        line,
        count=1,
    )


def lines_like(
    *sound: str, words: list[str], soup: st.SearchStrategy[list[str]]
) -> st.SearchStrategy[list[str]]:
    """Command lines: the sound ones, each with up to three words changed; and a soup of words."""
    changes = st.lists(
        st.tuples(
            st.integers(0, 2**31),
            st.sampled_from(["drop", "put", "insert"]),
            st.sampled_from(words) | TEXT,
        ),
        max_size=3,
    )
    light = st.tuples(st.sampled_from(sound), changes).map(
        lambda parts: _reworded(parts[0].split(), parts[1])
    )
    return st.one_of(light, light, soup)


def _reworded(words: list[str], changes: list[tuple[int, str, str]]) -> list[str]:
    for seed, action, word in changes:
        at = seed % (len(words) + 1)
        if action == "insert":
            words.insert(at, word)
        elif at < len(words):
            words[at : at + 1] = [word] if action == "put" else []
    return words


def _damaged(document: Any, steps: list[tuple[int, str, Any]]) -> Any:
    root = {"root": copy.deepcopy(document)}
    for seed, action, junk in steps:
        places = list(_places(root))
        container, key = places[seed % len(places)]
        if action == "put":
            container[key] = copy.deepcopy(junk)
        elif action == "wrap":
            container[key] = [container[key]]
        elif action == "drop" and container is not root:
            del container[key]
        elif action == "rename" and isinstance(container, dict) and container is not root:
            container[str(junk)] = container.pop(key)
        elif action == "double" and isinstance(container, list):
            container.append(copy.deepcopy(container[key]))
    return root["root"]


def _places(value: Any) -> Any:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in list(pairs):
        yield value, key
        if isinstance(item, dict | list):
            yield from _places(item)
