"""Reads the stage files: one TOML file per stage, all its errors in one message.

Longer than others: from a stage's name to the last error of its file is one way.
"""

import copy
import difflib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from common.text_files import other_than_text, utf8_text
from modules.settings.beside import read_beside
from modules.settings.characters import stands_at
from modules.settings.checks import NAMED_SWITCHES, find_errors
from modules.settings.credential_shapes import credential_within
from modules.settings.own_secrets import chosen_reference, defaults_of
from modules.settings.previews import FROM_BASE
from modules.settings.rules.texts import visible_text
from modules.settings.setting_error import SettingError, at, refused
from modules.settings.setting_types import Name
from modules.settings.stage_settings import StageSettings, stack_name, stage_defaults
from modules.settings.toml_text import HIDDEN, printable, toml_value
from modules.settings.wording import worded

PROJECT = Path(__file__).resolve().parent.parent.parent

# Settings without a default of their own, whose mistaken value gives way to one that follows from a stage.
_DERIVED = ("stage", "prefix", "default_tags", "services")

# The tables of a service whose entries are checked with what they are for.
_VARIABLES = ("environment", "build_args")


class StageFileError(Exception):
    """A stage file cannot be used. The text is complete: file, field, value, allowed, remedy."""


def stage_names(folder: Path) -> list[str]:
    """Return the stages that have a file in `folder`, sorted.

    Raises StageFileError when there is none.
    """
    names = sorted(path.stem for path in folder.glob("*.toml"))
    if not names:
        raise StageFileError(
            f"{folder}: no stage file; write one (stages/dev.toml is an example) or name another folder in "
            "ATOMIC_STAGES_DIR"
        )
    return names


def read_stage(folder: Path, stage: str) -> StageSettings:
    """Return the settings of one stage from `folder/STAGE.toml`.

    Raises StageFileError with every error of the file.
    """
    path = folder / f"{stage}.toml"
    try:
        # A path leads to no stage, not even where a file is: the stage is its name.
        if stage != Path(stage).name or not path.exists():
            raise StageFileError(_no_such_stage(folder, stage))
        TypeAdapter(Name).validate_python(stage)
        text = _read(path)
        document = _over_its_base(tomllib.loads(text), folder)
    except ValidationError as error:
        (wrong,) = (worded(details) for details in error.errors())
        raise StageFileError(
            f"{path}: the file's name is the stage's and part of the stack's name: it must be "
            f"{wrong.allowed}; rename the file"
        ) from None
    except OSError as error:
        raise StageFileError(f"{path}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise StageFileError(f"{path}: not UTF-8 text; save it as UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise StageFileError(f"{path}: not valid TOML: {error}{stands_at(error, text)}") from None
    try:
        settings, errors = parse_stage(document, stage=stage, root=folder.resolve().parent)
    except RecursionError:
        raise StageFileError(f"{path}: its tables are nested too deeply; write them flat") from None
    if errors:
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        raise StageFileError("\n".join([f"{path}: {count}", *(f"  {m}" for m in errors)]))
    return settings


def _read(path: Path) -> str:
    """Return the text of a stage file. Raises StageFileError for what is none, and as `utf8_text` does."""
    content = path.read_bytes()
    if other := other_than_text(content):
        what, remedy = other
        raise StageFileError(
            f"{path}: {what}, and no TOML: {remedy[0].lower()}{remedy[1:].rstrip('.')}"
        )
    # Windows' editors begin a file with a mark, which TOML does not know.
    return utf8_text(content)


def _over_its_base(document: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return a preview's document with what it has from its base's file; any other as it is.

    Raises StageFileError where the base's file is of no use.
    """
    preview = document.get("preview")
    name = preview.get("base") if isinstance(preview, dict) else None
    if not isinstance(name, str):
        return document
    path = folder / f"{Path(name).name}.toml"
    try:
        base = tomllib.loads(_read(path))
    except FileNotFoundError:
        raise StageFileError(_no_such_stage(folder, name)) from None
    except (OSError, ValueError) as error:
        raise StageFileError(f"{path}: cannot be read: {error}") from None
    return _merge({key: base[key] for key in FROM_BASE if key in base}, document)


def _no_such_stage(folder: Path, stage: str) -> str:
    """There is no file of this stage: which there are, and the likeliest.

    Its file or its stack may have been named in its place.
    """
    path, name = folder / f"{stage}.toml", Path(stage).name
    if name == stage and path.is_symlink():
        return f"{path}: a link to {path.readlink()}, where no file is: mend the link, or delete it"
    names = stage_names(folder)
    typed = name.removesuffix(".toml").lower()
    known = {each: each for each in names} | {stack_name(each): each for each in names}
    close = difflib.get_close_matches(typed, known, n=1)
    meant = f"did you mean {known[close[0]]}? " if close else ""
    where = path if stage and stage == name.removesuffix(".toml") else folder
    return printable(
        f"{where}: there is no stage {stage or toml_value(stage)}: {meant}stages: {', '.join(names)}"
    )


def parse_stage(
    document: Mapping[str, Any], *, stage: str, root: Path | None = PROJECT
) -> tuple[StageSettings, list[SettingError]]:
    """Return the settings that `document` describes, and its errors.

    `root` is the folder that the files which it names are below; without one nobody looks at them.
    A mistaken value is set aside and the rest is checked again, so that errors between fields are found
    beside errors in fields. With errors the settings are of no use.
    """
    errors: list[SettingError] = []
    if "stage" in document:
        errors.append(
            at("stage", document["stage"]).must_be(
                "left out: the file's name is the stage's name",
                "delete the line",
            )
        )
    defaults = stage_defaults(stage, chosen=document)
    values = _merge(defaults, {k: v for k, v in document.items() if k != "stage"})
    for path, error in _pasted(document):
        errors.append(error)
        _set_aside(values, path)
    _name_services(values)
    _give_own_secrets(values)
    while True:
        try:
            settings = StageSettings.model_validate(values)
        except ValidationError as error:
            for details in error.errors(include_url=False):
                errors.append(worded(details))
                _set_aside(values, details["loc"], is_missing=details["type"] == "missing")
        else:
            beside, wrong = read_beside(settings.services, settings.extension, root)
            settings = settings.standing_beside(beside)
            found = [m for m in (*find_errors(settings), *wrong) if not _follows(m, errors)]
            return settings, errors + found


def _pasted(
    table: Mapping[str, Any], within: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], SettingError]]:
    """Find the settings that hold, by name or in a text, a credential or what nobody sees.

    A service's variables are left to its own checks, which know the way to a secret.
    """
    for key, value in table.items():
        path = (*within, key)
        texts = [key, *(_texts_of(value) if isinstance(value, list) else [value])]
        error = next(filter(None, (_unfit(path, value, each) for each in texts)), None)
        if error:
            yield path, error
        elif isinstance(value, Mapping) and not (within[:1] == ("services",) and key in _VARIABLES):
            yield from _pasted(value, path)


def _texts_of(words: Sequence[object]) -> Iterator[object]:
    """Yield each word of a list, and its options with the word after them, as a program reads the two."""
    yield from words
    for option, word in pairwise(words):
        if isinstance(option, str) and isinstance(word, str) and option.startswith("--"):
            yield f"{option} {word}"


def _unfit(path: Sequence[str], value: object, text: object) -> SettingError | None:
    """Return what is wrong with one text of a setting, whatever the setting is for."""
    if not isinstance(text, str):
        return None
    field = ".".join(path)
    kind = credential_within(text)
    if kind:
        return at(
            ".".join([*path[:-1], str(HIDDEN)]) if text == path[-1] else field, HIDDEN
        ).must_be(
            f"no secret, and this is {kind}; a stage file is for everybody to read",
            "take it out: services read secrets by name (docs/secrets.md); a value that was committed "
            "has to be replaced",
        )
    refusal = visible_text(text)
    if refusal is None:
        return None
    return refused(field, value, refusal)


def _follows(wrong: SettingError, known: Sequence[SettingError]) -> bool:
    """Return whether it rests on a value that is already reported, and was set aside for that."""
    rests_on = {wrong.field, *wrong.rests_on}
    return any(other.field in rests_on for other in known)


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay the tables of `over` over `base`; an empty table of `default_tags` leaves none."""
    merged = copy.deepcopy(dict(base))
    for key, value in over.items():
        emptied = key == "default_tags" and not value
        if isinstance(value, Mapping) and isinstance(merged.get(key), dict) and not emptied:
            merged[key] = _merge(merged[key], value)
        else:
            merged[key] = copy.deepcopy(value)
    return merged


def _name_services(values: dict[str, Any]) -> None:
    """Name each service by its table."""
    services = values.get("services")
    if isinstance(services, dict):
        for name, row in services.items():
            if isinstance(row, dict):
                row.setdefault("name", name)


def _give_own_secrets(values: dict[str, Any]) -> None:
    """Complete what the application knows of a declared secret, and give it to the services that take it."""
    declared = values.get("secrets")
    services = values.get("services")
    if not isinstance(declared, dict) or not isinstance(services, dict):
        return
    for name, table in declared.items():
        if isinstance(table, dict):
            declared[name] = {**defaults_of(name), **table}
    for row in services.values():
        if not isinstance(row, dict):
            continue
        tables = [row.get(key, {}) for key in ("secrets", "optional_secrets", "environment")]
        if not all(isinstance(table, dict) for table in tables):
            continue
        given, optional, environment = tables
        for variable, text in optional.items():
            reference = chosen_reference(text, declared) if isinstance(text, str) else None
            # What a person has said of a variable stays.
            if reference and variable not in {*given, *environment}:
                given[variable] = reference
        if given:
            row["secrets"] = given


def _set_aside(
    values: dict[str, Any], loc: Sequence[int | str], *, is_missing: bool = False
) -> None:
    """Take the value at `loc` out, or where one is required put a harmless one there.

    Whatever is put there is valid, so that each round of checks leaves fewer errors.
    """
    first, *rest = (str(step) for step in loc)
    if first == "stage" or (not rest and first in _DERIVED):
        values[first] = stage_defaults("dev", chosen={})[first]
    elif first == "security" and rest[:1] and rest[0] in NAMED_SWITCHES:
        # Reported already: it is not missing too.
        values["security"][rest[0]] = False
    elif first == "state" and rest[:1] == ["bucket"]:
        values["state"]["bucket"] = "state-bucket"
    elif first == "services" and rest[1:2] == ["second_route"]:
        # A part of it that is missing cannot be taken out.
        _take_out(values, loc[:3])
    elif first == "services" and rest[1:2] == ["jobs"]:
        _take_out(values, loc[:4])
    elif first == "services" and rest[1:] == ["name"]:
        values["services"].pop(rest[0], None)
    else:
        # What is missing cannot be taken out, but what it is missing in.
        _take_out(values, loc[:-1] if is_missing and len(loc) > 1 else loc)


def _take_out(values: dict[str, Any], loc: Sequence[int | str]) -> None:
    place: dict[Any, Any] = values
    *path, last = loc
    for step in path:
        inner = place.get(step)
        if not isinstance(inner, dict):  # a list goes as a whole
            last = step
            break
        place = inner
    place.pop(last, None)
