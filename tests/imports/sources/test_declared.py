"""What a folder declares is read without evaluating anything, and without taking unknown syntax for none."""

import json
from pathlib import Path

import pytest

from imports.sources.terraform_base.declared import read_declared

HCL = """
data "external" "vault" {
  program = ["vault"]
}
data "aws_region" "here" {}
module "net" {
  source = "../net"
}
"""
UNKNOWN = f"locals {{\n  a = !!true\n}}\n{HCL}"
AS_JSON = json.dumps({
    "data": {"external": {"vault": {"program": ["vault"]}}, "aws_region": [{"here": {}}]},
    "module": [{"net": {"source": "../net"}}],
    "//": "a comment",
})  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text"), [("a.tf", HCL), ("a.tf", UNKNOWN), ("a.tf.json", AS_JSON)]
)
def test_data_sources_and_modules_are_found(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)

    found = read_declared(tmp_path)

    assert found.data == (("aws_region", "here"), ("external", "vault"))
    assert found.modules == ("net",)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.tf", UNKNOWN.encode()),
        ("x.tf", b"a = {{{"),
        ("x.tf.json", b"[1"),
        ("x.tf.json", b"[" * 100_000),
        ("x.tf.json", b'{"data": 1}x'),
    ],
)
def test_a_file_that_is_not_understood_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / "good.tf").write_text(HCL)
    (tmp_path / name).write_bytes(content)

    found = read_declared(tmp_path)

    assert found.unread == (name,)
    assert ("external", "vault") in found.data


def test_a_file_of_variables_declares_nothing(tmp_path: Path) -> None:
    (tmp_path / "terraform.tfvars").write_text("data = {{{")

    assert read_declared(tmp_path).unread == ()


@pytest.mark.parametrize("comment", ["/* x */", ""])
def test_a_comment_hides_no_program(tmp_path: Path, comment: str) -> None:
    (tmp_path / "x.tf").write_text(f'{comment}data {comment} "external" "v" {{\n}}\n')

    assert read_declared(tmp_path).data == (("external", "v"),)


@pytest.mark.parametrize(
    ("name", "text", "elsewhere"),
    [
        ("a.tf", 'terraform {\n  backend "s3" {}\n}\n', True),
        ("a.tf", 'terraform {\n  cloud {\n    organization = "o"\n  }\n}\n', True),
        ("a.tf", 'terraform {\n  required_version = ">= 1.3"\n}\n', False),
        ("a.tf", 'locals {\n  a = !!true\n}\nterraform {\n  backend "s3" {}\n}\n', True),
        ("a.tf.json", '{"terraform": {"backend": {"s3": {}}}}', True),
        ("a.tf.json", '{"terraform": [{"required_version": ">= 1.3"}]}', False),
        ("a.tf", UNKNOWN, False),
    ],
)
def test_a_backend_is_found(tmp_path: Path, name: str, text: str, elsewhere: bool) -> None:
    (tmp_path / name).write_text(text)

    assert read_declared(tmp_path).keeps_state_elsewhere is elsewhere
