"""The values of the legacy folder's variables: where from, which wins, of which type."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from common.errors import UserError
from imports.sources.terraform_base.hcl.values import Unknown, Value
from imports.sources.terraform_base.legacy_hcl import read_configuration


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


VARIABLE = 'variable "v" {\n  type = string\n  default = "default"\n}\n'
PROBE = 'resource "aws_x" "probe" {\n  value = var.v\n}\n'
PLACES = ["TF_VAR", "terraform.tfvars", "terraform.tfvars.json", "a.auto.tfvars"]
PLACES += ["b.auto.tfvars.json", "more.tfvars", "-var"]


@pytest.mark.parametrize("last", range(len(PLACES)))
def test_the_later_place_of_a_value_wins(tmp_path: Path, last: int) -> None:
    places = PLACES[: last + 1]
    write(tmp_path, {"main.tf": VARIABLE + PROBE})
    for name in places:
        if "tfvars" in name:
            text = f'{{"v": "{name}"}}' if name.endswith("json") else f'v = "{name}"\n'
            write(tmp_path, {name: text})
    found = read_configuration(
        tmp_path,
        environ={"TF_VAR_v": "TF_VAR"},
        var_files=[tmp_path / "more.tfvars"] if "more.tfvars" in places else [],
        variables={"v": "-var"} if "-var" in places else {},
    )
    assert found.objects[0].arguments["value"] == PLACES[last]
    assert found.variables[0].source.startswith(PLACES[last])


def test_a_default_is_named_as_the_source(tmp_path: Path) -> None:
    (variable,) = read_configuration(write(tmp_path, {"main.tf": VARIABLE})).variables
    assert (variable.name, variable.source, variable.value) == ("v", "default", "default")


def test_a_variable_without_a_value_is_unknown(tmp_path: Path) -> None:
    found = read_configuration(write(tmp_path, {"main.tf": 'variable "v" {}\n' + PROBE}))
    assert found.objects[0].arguments["value"] == Unknown("the variable v has no value")


@pytest.mark.parametrize(
    ("type_", "given", "expected"),
    [
        ("number", "3", 3),
        ("bool", "true", True),
        ("string", "[1]", "[1]"),
        ("list(number)", '["1", 2]', [1, 2]),
        ("set(string)", '["b", "a", "b"]', ["a", "b"]),
        ("map(string)", "{ a = 1 }", {"a": "1"}),
        ("any", "[1]", [1]),
        ("tuple([string, number])", '[1, "2"]', ["1", 2]),
        ("object({ a = string, b = optional(number, 5) })", '{ a = "x" }', {"a": "x", "b": 5}),
        ("object({ a = optional(string) })", "{}", {"a": None}),
    ],
)
def test_a_value_is_converted_to_the_declared_type(
    tmp_path: Path, type_: str, given: str, expected: Value
) -> None:
    text = f'variable "v" {{\n  type = {type_}\n}}\n{PROBE}'
    write(tmp_path, {"main.tf": text})
    found = read_configuration(tmp_path, environ={"TF_VAR_v": given})
    assert found.objects[0].arguments["value"] == expected


def test_null_takes_the_default_where_null_is_not_allowed(tmp_path: Path) -> None:
    text = 'variable "v" {\n  type = string\n  default = "d"\n  nullable = false\n}\n' + PROBE
    write(tmp_path, {"main.tf": text, "terraform.tfvars": "v = null\n"})
    assert read_configuration(tmp_path).objects[0].arguments["value"] == "d"


def test_a_value_that_does_not_fit_is_unknown_and_not_shown(tmp_path: Path) -> None:
    text = 'variable "v" {\n  type = number\n}\n' + PROBE
    write(tmp_path, {"main.tf": text, "terraform.tfvars": 'v = "hunter2"\n'})
    found = read_configuration(tmp_path)
    assert isinstance(found.objects[0].arguments["value"], Unknown)
    assert "hunter2" not in repr(found)


def test_a_dollar_in_json_tfvars_is_a_plain_dollar(tmp_path: Path) -> None:
    write(tmp_path, {"main.tf": VARIABLE + PROBE, "terraform.tfvars.json": '{"v": "a${b}"}'})
    assert read_configuration(tmp_path).objects[0].arguments["value"] == "a${b}"


def test_a_var_nobody_declares_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"main.tf": VARIABLE})
    with pytest.raises(UserError, match=r'the variable "w".*it declares v'):
        read_configuration(tmp_path, variables={"w": "1"})


def test_no_value_of_a_tfvars_file_is_shown(tmp_path: Path) -> None:
    text = 'variable "v" {}\nresource "aws_x" "y" {\n  a = "x-${var.v}-${aws_z.z.id}"\n}\n'
    text += 'resource "aws_z" "z" {\n  p = jsonencode([var.v, aws_x.y.id])\n}\n'
    write(tmp_path, {"main.tf": text, "terraform.tfvars": 'v = "hunter2"\n'})
    found = read_configuration(tmp_path)
    assert "hunter2" not in repr(found)
    assert "hunter2" not in repr([dict(each.arguments) for each in found.objects])
