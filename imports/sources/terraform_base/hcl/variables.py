"""The values of the variables, from every place Terraform takes them from and in its order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from common.errors import UserError, shorten
from imports.sources.terraform_base.hcl.expressions import Evaluator
from imports.sources.terraform_base.hcl.files import read_text
from imports.sources.terraform_base.hcl.syntax import (
    Block,
    Expression,
    JsonExpression,
    parse_expression,
    parse_hcl,
    parse_json,
)
from imports.sources.terraform_base.hcl.types import Type, convert, declared_type
from imports.sources.terraform_base.hcl.values import EvaluationError, Unknown, Value


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A resolved variable. `source` is `default`, `TF_VAR_x`, a file's name, `-var` or `none`.

    Its value may be a password, so `repr` does not show it.
    """

    name: str
    source: str
    sensitive: bool
    value: Value = field(repr=False)


@dataclass(frozen=True)
class _Given:
    source: str
    expression: Expression | str = field(repr=False)


def resolve_variables(
    declared: Mapping[str, Block],
    *,
    folder: Path,
    environ: Mapping[str, str],
    var_files: Iterable[Path],
    variables: Mapping[str, str],
    evaluator: Evaluator,
) -> tuple[Variable, ...]:
    """Return every declared variable, sorted by name.

    Later wins: default, TF_VAR_*, terraform.tfvars, terraform.tfvars.json, *.auto.tfvars and
    *.auto.tfvars.json by name, `var_files`, `variables` (texts as on a command line). Raises
    UserError for a file that does not parse and a name in `variables` nobody declares.
    """
    given: dict[str, _Given] = {}
    for name in declared:
        if f"TF_VAR_{name}" in environ:
            given[name] = _Given(f"TF_VAR_{name}", environ[f"TF_VAR_{name}"])
    for path in (*_automatic_files(folder), *var_files):
        for name, expression in _file_values(path).items():
            given[name] = _Given(path.name, expression)
    for name, text in variables.items():
        if name not in declared:
            raise UserError(
                f"-var names the variable {shorten(name)}, which the folder {shorten(folder)} does "
                f"not declare; it declares {', '.join(sorted(declared)) or 'none'}."
            )
        given[name] = _Given("-var", text)
    return tuple(
        _resolved(name, declared[name], given.get(name), evaluator) for name in sorted(declared)
    )


def _resolved(name: str, block: Block, given: _Given | None, evaluator: Evaluator) -> Variable:
    def attribute(key: str) -> Expression | None:
        found = block.attributes.get(key)
        return found.expression if found else None

    def flag(key: str) -> Value:
        expression = attribute(key)
        return evaluator.settle(expression) if expression is not None else None

    type_, default = declared_type(attribute("type")), attribute("default")
    typed = attribute("type") is not None
    source, value = "none", _missing(name)
    try:
        if given is not None:
            source = given.source
            value = convert(_value(given.expression, type_, typed, evaluator), type_, evaluator)
        replaced = given is None or (value is None and flag("nullable") is False)
        if replaced and default is not None:
            source, value = "default", convert(evaluator.evaluate(default), type_, evaluator)
    except EvaluationError as error:
        value = Unknown(f"the variable {name} has a value that does not fit: {error}")
    except RecursionError:
        value = Unknown(f"the variable {name} has a value that is nested too deeply")
    return Variable(name=name, source=source, sensitive=flag("sensitive") is True, value=value)


def _missing(name: str) -> Value:
    return Unknown(f"the variable {name} has no value")


def _value(given: Expression | str, type_: Type, typed: bool, evaluator: Evaluator) -> Value:
    if isinstance(given, JsonExpression):
        # The texts of a JSON tfvars file are plain: Terraform evaluates nothing in them.
        return _plain_json(given.value)
    if not isinstance(given, str):
        return evaluator.evaluate(given)
    if type_.is_primitive or not typed:
        return given
    try:
        return evaluator.evaluate(parse_expression(given))
    except ValueError:
        raise EvaluationError("it is no expression") from None


def _plain_json(value: object) -> Value:
    if isinstance(value, list):
        return [_plain_json(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain_json(each) for key, each in value.items()}
    return value if isinstance(value, bool | int | float | str) else None


def _automatic_files(folder: Path) -> list[Path]:
    named = [folder / "terraform.tfvars", folder / "terraform.tfvars.json"]
    automatic = [*folder.glob("*.auto.tfvars"), *folder.glob("*.auto.tfvars.json")]
    return [path for path in (*named, *sorted(automatic)) if path.is_file()]


def _file_values(path: Path) -> Mapping[str, Expression]:
    text = read_text(path)
    if path.name.endswith(".json"):
        content = parse_json(text, file=path.name)
        return {name: JsonExpression(value) for name, value in content.items()}
    body = parse_hcl(text, file=path.name)
    if body.blocks:
        raise UserError(
            f"{shorten(path.name)}, line {body.blocks[0].line}: a file of variable values holds a "
            "block; only `name = value` lines are allowed there."
        )
    return {name: attribute.expression for name, attribute in body.attributes.items()}
