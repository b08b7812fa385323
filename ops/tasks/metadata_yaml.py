"""YAML files that include each other, as Hasura's command line takes them: `!include FILE`.

Of YAML 1.2, as there: `on` and `no` are texts, and so is a date.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from common.errors import UserError
from common.text_files import decode_text

_INCLUDE: Final = "!include"
_YAML: Final = (".yaml", ".yml")
# More than any metadata has. A file can multiply itself by references.
_MOST_VALUES: Final = 2_000_000


class YamlFolder:
    """The YAML files of one folder; nothing outside of it is read."""

    def __init__(self, folder: Path) -> None:
        """Take the folder that all includes have to stay in."""
        self._folder = folder
        self._root = folder.resolve()

    def read(self, name: str) -> Any:
        """Return what is in a file, with what it includes in place.

        Raises UserError, with file and line, for what cannot be read.
        """
        content = self._read(self._folder / name, within=(), asked="")
        _check_size(content, self._folder / name)
        return content

    def text(self, name: str) -> str:
        """Return the text of a file. Raises UserError for one that cannot be read."""
        return self._text(self._folder / name, asked="")

    def _read(self, path: Path, *, within: tuple[Path, ...], asked: str) -> Any:
        text = self._text(path, asked=asked)
        try:
            loader = _Loader(text)
        except yaml.reader.ReaderError as error:
            raise UserError(
                f"{path}: not valid YAML: it has the character U+{error.character:04X}"
            ) from None
        loader.folder, loader.path, loader.within = self, path, (*within, path.resolve())
        try:
            return loader.get_single_data()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = f":{mark.line + 1}" if mark else ""
            raise UserError(f"{path}{line}: not valid YAML: {error.problem}") from None
        except (yaml.YAMLError, ValueError) as error:
            raise UserError(f"{path}: not valid YAML: {error}") from None
        except RecursionError:
            raise UserError(f"{path}: nested too deeply to be read") from None
        finally:
            loader.dispose()

    def _text(self, path: Path, *, asked: str) -> str:
        try:
            return decode_text(path.read_bytes(), source=path.name, wanted="Hasura's metadata")
        except OSError as error:
            before = f"{asked}: " if asked else ""
            raise UserError(f"{before}{path}: cannot be read ({error.strerror})") from None

    def include(self, name: str, *, by: Path, line: int, within: tuple[Path, ...]) -> Any:
        """Return the content of an included file: of YAML its values, of any other its text."""
        asked = f"{by}:{line}"
        path = by.parent / name
        real = path.resolve()
        if not name or not real.is_relative_to(self._root):
            raise UserError(
                f"{asked}: includes {name!r}, outside of {self._folder}: allowed: a file in it"
            )
        if real in within:
            circle = " includes ".join(
                str(each.relative_to(self._root)) for each in (*within[within.index(real) :], real)
            )
            raise UserError(f"{asked}: includes itself: {circle}")
        if path.suffix not in _YAML:
            return self._text(path, asked=asked)
        return self._read(path, within=within, asked=asked)


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # it ships no types
    """Makes plain values only."""

    folder: YamlFolder
    path: Path
    within: tuple[Path, ...]

    def include(self, name: str, node: yaml.Node) -> Any:
        """Return what stands in the file that a node names."""
        line = node.start_mark.line + 1
        return self.folder.include(name, by=self.path, line=line, within=self.within)


def _included(loader: _Loader, node: yaml.Node) -> Any:
    if not isinstance(node, yaml.ScalarNode):
        raise yaml.constructor.ConstructorError(
            None, None, "!include takes the name of a file", node.start_mark
        )
    return loader.include(node.value, node)


def _text_or_included(loader: _Loader, node: yaml.ScalarNode) -> Any:
    """Hasura's own export writes `"!include FILE"`, in quotes."""
    value = loader.construct_scalar(node)
    if value.startswith(f"{_INCLUDE} "):
        return loader.include(value.removeprefix(_INCLUDE).strip().strip('"'), node)
    return value


def _mapping(loader: _Loader, node: yaml.Node) -> Iterator[dict[Any, Any]]:
    if not isinstance(node, yaml.MappingNode):  # !!map was written before it
        raise yaml.constructor.ConstructorError(
            None, None, "!!map takes a mapping", node.start_mark
        )
    seen: set[str] = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} is there twice", key.start_mark
                )
            seen.add(key.value)
    found: dict[Any, Any] = {}
    yield found
    found.update(loader.construct_mapping(node, deep=True))


# Values that JSON does not have, in which Hasura gets its metadata.
_NOT_JSON: Final = ("binary", "timestamp", "set", "omap", "pairs")
_Loader.yaml_constructors = {
    tag: make
    for tag, make in yaml.SafeLoader.yaml_constructors.items()
    if not tag or tag.rpartition(":")[2] not in _NOT_JSON
}
_Loader.add_constructor(_INCLUDE, _included)
_Loader.add_constructor("tag:yaml.org,2002:str", _text_or_included)
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def _decimal(text: str) -> int:
    return int(text, 16) if text.startswith("0x") else int(text)


# The core schema of YAML 1.2: form, beginning and value. https://yaml.org/spec/1.2.2/#103-core-schema
_CORE: Final[Mapping[str, tuple[str, list[str], Callable[[str], Any]]]] = {
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""], lambda _: None),
    "bool": (
        r"true|True|TRUE|false|False|FALSE",
        list("tTfF"),
        lambda text: text.lower() == "true",
    ),
    "int": (r"[-+]?[0-9]+|0x[0-9a-fA-F]+", list("-+0123456789"), _decimal),
    "float": (
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?",
        list("-+.0123456789"),
        float,
    ),
}


def _core(
    name: str, form: re.Pattern[str], make: Callable[[str], Any]
) -> Callable[[_Loader, yaml.Node], Any]:
    """Return what makes the value of a node; with its tag written out (`!!bool q`) the text may be any."""

    def constructed(loader: _Loader, node: yaml.Node) -> Any:
        text = str(loader.construct_scalar(node))
        if not form.match(text):
            raise yaml.constructor.ConstructorError(
                None, None, f"{text!r} is no {name}", node.start_mark
            )
        return make(text)

    return constructed


_Loader.yaml_implicit_resolvers = {}
for _name, (_pattern, _first, _make) in _CORE.items():
    _tag, _form = f"tag:yaml.org,2002:{_name}", re.compile(rf"^(?:{_pattern})\Z")
    _Loader.add_implicit_resolver(_tag, _form, _first)
    _Loader.add_constructor(_tag, _core(_name, _form, _make))
_Loader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"^<<\Z"), ["<"])


def _check_size(content: Any, path: Path) -> None:
    """Refuse what references have multiplied, before it is written out as JSON."""
    left, count = [content], 0
    while left:
        value = left.pop()
        count += 1
        if count > _MOST_VALUES:
            raise UserError(
                f"{path}: it has more than {_MOST_VALUES:,} values: write out what it refers to (&, *)"
            )
        if isinstance(value, dict):
            left += value.values()
        elif isinstance(value, list):
            left += value
