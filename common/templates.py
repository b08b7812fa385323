"""Reads a CloudFormation template: JSON, or YAML with the short forms of its functions."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

from common.text_files import why_no_json

SUBSTITUTED: Final = re.compile(r"\$\{(!?)([^}]*)\}")
"""What Fn::Sub puts values in place of; with a `!` it stands for itself."""


def read_template(text: str) -> Any:
    """Return what a template says, each function in its long form. Raises ValueError for neither format."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError(why_no_json(error)) from None
    except ValueError:
        try:
            return yaml.load(text, Loader=_LOADER)  # noqa: S506  # a SafeLoader with functions
        except yaml.MarkedYAMLError as error:
            line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
            raise ValueError(f"{line}{error.problem}") from None
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            raise ValueError(why_no_json(error)) from None


def references(value: Any) -> Iterator[str]:
    """Yield each name that a part of a template refers to, in its order; an owner's may hold anything."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "Ref" and isinstance(item, str):
                yield item
            elif key == "Fn::GetAtt":
                yield str(_first(item)).split(".")[0]
            elif key == "Fn::Sub":
                own = item[1:] if isinstance(item, list) else []
                yield from (
                    name.split(".")[0]
                    for literal, name in SUBSTITUTED.findall(str(_first(item)))
                    if name and not literal and not any(name in each for each in own)
                )
                yield from references(own)
            else:
                yield from references(item)


def _first(argument: Any) -> Any:
    if not isinstance(argument, list):
        return argument
    return argument[0] if argument else ""


def _function(loader: Any, suffix: str, node: Any) -> Any:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


def _without_aliases(loader: Any, parent: Any, index: Any) -> Any:
    # CloudFormation takes none, and one that holds itself, or a few of aliases, would have no end.
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
    if loader.check_event(yaml.AliasEvent):
        mark = loader.peek_event().start_mark
        raise yaml.composer.ComposerError(None, None, "CloudFormation takes no aliases", mark)
    return yaml.SafeLoader.compose_node(loader, parent, index)


# A class of its own, so that no other reader of YAML gets the functions.
_LOADER: Final[Any] = type(
    "_TemplateLoader", (yaml.SafeLoader,), {"compose_node": _without_aliases}
)
_LOADER.add_multi_constructor("!", _function)
