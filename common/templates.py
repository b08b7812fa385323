"""Reads a CloudFormation template: JSON, or YAML with the short forms of its functions."""

import json
from typing import Any, Final

import yaml


def read_template(text: str) -> Any:
    """Return what a template says, each function in its long form. Raises ValueError for neither format."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None
    except ValueError:
        try:
            return yaml.load(text, Loader=_LOADER)  # noqa: S506  # a SafeLoader with functions
        except (yaml.YAMLError, RecursionError) as error:
            raise ValueError(str(error)) from None


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


# A class of its own, so that no other reader of YAML gets the functions.
_LOADER: Final[Any] = type("_TemplateLoader", (yaml.SafeLoader,), {})
_LOADER.add_multi_constructor("!", _function)
