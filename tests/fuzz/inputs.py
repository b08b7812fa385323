"""What the inputs are made of: sound documents, and every way to damage them."""

import copy
import json
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
DAMAGE = st.lists(
    st.tuples(
        st.integers(0, 2**31), st.sampled_from(["put", "drop", "wrap", "rename", "double"]), JUNK
    ),
    max_size=4,
)
# What a process can be given: no NUL, and nothing that is not UTF-8.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)


def documents(sound: Callable[[], Any]) -> st.SearchStrategy[bytes]:
    """A sound document in JSON, damaged in some places, or cut, or no document at all."""
    damaged = DAMAGE.map(lambda steps: json.dumps(_damaged(sound(), steps)).encode())
    cut = st.tuples(damaged, st.integers(0, 4000), st.binary(max_size=3)).map(
        lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] + 1 :]
    )
    broken = st.tuples(damaged, st.integers(0, 4000)).map(lambda parts: parts[0][: parts[1]])
    other = JUNK.map(lambda value: json.dumps(value).encode())
    deep = st.integers(1, 3000).map(lambda depth: b"[" * depth + b"]" * depth)
    return st.one_of(damaged, damaged, cut, broken, other, deep, st.binary(max_size=40))


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
