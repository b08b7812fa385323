"""The legacy folder's reader: what the configuration sets, without a state."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from common.errors import UserError
from imports.sources.terraform_base.hcl.substitution import lookup_in, substitute
from imports.sources.terraform_base.hcl.values import Deferred, Reference, Template, Unknown, Value
from imports.sources.terraform_base.legacy_hcl import (
    ConfiguredObject,
    Facts,
    LegacyConfiguration,
    Unresolved,
    read_configuration,
)
from terraform.state import parse_state

LEGACY = Path(__file__).parent.parent.parent / "legacy"
BASE = LEGACY / "base"
FACTS = Facts(
    account_id="123456789012",
    region="us-east-1",
    zones=("us-east-1a", "us-east-1b", "us-east-1c"),
)
# What the fixture of the applied state leaves out.
SECRET_ARGUMENTS = {"password", "secret_string"}


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def read(folder: Path, **files: str) -> LegacyConfiguration:
    return read_configuration(write(folder, {f"{n}.tf": t for n, t in files.items()}), facts=FACTS)


def base(**variables: str) -> dict[str, ConfiguredObject]:
    found = read_configuration(BASE, facts=FACTS, variables=variables)
    assert found.unresolved == ()
    return {each.address: each for each in found.objects}


def value_of(folder: Path, expression: str, *, more: str = "") -> Value:
    text = f'resource "aws_x" "probe" {{\n  value = {expression}\n}}\n{more}\n'
    found = {each.address: each for each in read(folder, main=text).objects}
    return found["aws_x.probe"].arguments.get("value")


# The base, as it stands


def test_the_base_has_57_objects_and_nothing_unresolved() -> None:
    assert len(base()) == 57


def test_its_addresses_are_those_of_the_applied_state() -> None:
    applied = parse_state((LEGACY / "applied_state.json").read_text(), source="state")
    assert list(base()) == [each.address for each in applied.objects]


@pytest.mark.parametrize("address", sorted(base()))
def test_each_object_is_set_to_what_its_applied_state_holds(address: str) -> None:
    applied = parse_state((LEGACY / "applied_state.json").read_text(), source="state")
    held = {each.address: each.attributes for each in applied.objects}
    found = substitute(dict(base()[address].arguments), lookup_in(held))
    assert isinstance(found, dict)
    for name in found.keys() - SECRET_ARGUMENTS:
        assert holds(held[address].get(name), found[name]), name


def holds(state: Any, configured: Any) -> bool:
    """Return whether the state has what is configured; AWS may know more, and order sets anew."""
    if isinstance(configured, str) and configured.startswith("{"):
        return bool(json.loads(state) == json.loads(configured))
    if isinstance(configured, dict):
        return all(holds(state.get(name), each) for name, each in configured.items())
    if isinstance(configured, list):
        listed = state or []
        same = len(listed) == len(configured)
        return same and all(any(holds(each, one) for each in listed) for one in configured)
    return state == configured or (state is None and not configured)


def test_a_generated_password_is_never_made_up() -> None:
    assert base()["aws_db_instance.main"].arguments["password"] == Reference(
        "random_password.db_master_password", "result"
    )


def test_the_policy_is_known_but_for_what_aws_gives() -> None:
    policy = base()["aws_iam_policy.ecs_application_task_policy"].arguments["policy"]
    assert isinstance(policy, Deferred)
    assert {each.address for each in policy.references} == {
        "aws_s3_bucket.data_bucket",
        "aws_secretsmanager_secret.db_credentials",
    }


def test_the_bucket_name_needs_the_facts() -> None:
    without = {each.address: each for each in read_configuration(BASE).objects}
    found = without["aws_s3_bucket.data_bucket"].arguments["bucket"]
    assert found == Unknown("the account id is not known yet")


def test_other_values_give_other_objects() -> None:
    found = base(
        stack_name_prefix="acme",
        vpc_cidr_block="10.42.0.0/16",
        num_availability_zones="3",
        enable_nat_gateway="false",
    )
    assert found["aws_subnet.private[2]"].arguments["cidr_block"] == "10.42.5.0/24"
    assert found["aws_ecs_cluster.main"].arguments["name"] == "acme-ecs-cluster"
    assert not [each for each in found if each.startswith(("aws_nat", "aws_eip"))]


# Resources and their instances


def test_instances_by_count_have_numbers(tmp_path: Path) -> None:
    text = 'resource "aws_x" "y" {\n  count = 2\n  value = "n${count.index}"\n}\n'
    found = read(tmp_path, main=text).objects
    assert [(o.address, o.index, o.arguments["value"]) for o in found] == [
        ("aws_x.y[0]", 0, "n0"),
        ("aws_x.y[1]", 1, "n1"),
    ]


@pytest.mark.parametrize("items", ['toset(["b", "a"])', '{ b = "b", a = "a" }'])
def test_instances_by_for_each_have_keys(tmp_path: Path, items: str) -> None:
    text = f'resource "aws_x" "y" {{\n  for_each = {items}\n  value = each.value\n}}\n'
    found = read(tmp_path, main=text).objects
    assert [(o.address, o.arguments["value"]) for o in found] == [
        ('aws_x.y["a"]', "a"),
        ('aws_x.y["b"]', "b"),
    ]


@pytest.mark.parametrize(
    ("line", "attribute", "reason"),
    [
        ("count = aws_z.z.number", "count", "aws_z.z.number, which is known after apply"),
        ("count = -1", "count", "no whole number"),
        ("count = 1000000000", "count", "from 0 to 1000"),
        ('for_each = ["a"]', "for_each", "no map or set"),
        ("for_each = toset([aws_z.z.id])", "for_each", "aws_z.z.id"),
        ("count = var.gone", "count", "no variable gone"),
    ],
)
def test_instances_that_cannot_be_counted_are_reported(
    tmp_path: Path, line: str, attribute: str, reason: str
) -> None:
    text = f'resource "aws_x" "y" {{\n  {line}\n}}\nresource "aws_z" "z" {{}}\n'
    found = read(tmp_path, main=text)
    assert [each.address for each in found.objects] == ["aws_z.z"]
    (gap,) = found.unresolved
    assert (gap.address, gap.attribute) == ("aws_x.y", attribute)
    assert reason in gap.reason


def test_nested_blocks_are_lists_of_maps(tmp_path: Path) -> None:
    text = 'resource "aws_x" "y" {\n  rule {\n    a = 1\n  }\n  rule {\n    inner {}\n  }\n}\n'
    (found,) = read(tmp_path, main=text).objects
    assert found.arguments == {"rule": [{"a": 1}, {"inner": [{}]}]}


def test_dynamic_blocks_are_written_out(tmp_path: Path) -> None:
    text = """resource "aws_x" "y" {
      dynamic "rule" {
        for_each = [80, 443]
        iterator = it
        content {
          port = it.value
        }
      }
    }
    """
    (found,) = read(tmp_path, main=text).objects
    assert found.arguments == {"rule": [{"port": 80}, {"port": 443}]}


def test_what_only_terraform_reads_is_no_argument(tmp_path: Path) -> None:
    text = """resource "aws_x" "y" {
      provider   = aws.west
      depends_on = [aws_z.z]
      lifecycle {
        ignore_changes = [tags["a"], name]
      }
    }
    """
    (found,) = read(tmp_path, main=text).objects
    assert found.arguments == {}
    assert found.provider == "aws.west"
    assert found.ignore_changes == ('tags["a"]', "name")


def test_null_is_no_argument(tmp_path: Path) -> None:
    assert value_of(tmp_path, "null") is None


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("aws_z.z.id", Reference("aws_z.z", "id")),
        ("aws_z.z.name", "set"),
        ("aws_z.z.gone", Reference("aws_z.z", "gone")),
        ("aws_z.many[*].id", [Reference("aws_z.many[0]", "id"), Reference("aws_z.many[1]", "id")]),
        ("aws_z.many[1].id", Reference("aws_z.many[1]", "id")),
        ("aws_z.many.*.name", ["n0", "n1"]),
        ('aws_z.each["k"].id', Reference('aws_z.each["k"]', "id")),
        ("length(aws_z.many)", 2),
        ("module.m.out", Reference("module.m", "out")),
        ('"x-${aws_z.z.id}"', Template(("x-", Reference("aws_z.z", "id")))),
        ("data.aws_region.r.name", "us-east-1"),
        ("data.aws_partition.p.partition", "aws"),
        ("data.aws_caller_identity.c.account_id", "123456789012"),
        ("data.aws_availability_zones.z.names[2]", "us-east-1c"),
        ("data.aws_ami.a.id", Unknown("id of the data source aws_ami is not read")),
        ("local.a", 3),
        ("local.loop", Unknown("loop refers to itself")),
        ("aws_q.q.id", Unknown("the folder declares no aws_q.q")),
        ("terraform.workspace", "default"),
    ],
)
def test_a_name_stands_for_what_it_names(tmp_path: Path, expression: str, expected: Value) -> None:
    more = """
    resource "aws_z" "z" {
      name = "set"
    }
    resource "aws_z" "many" {
      count = 2
      name  = "n${count.index}"
    }
    resource "aws_z" "each" {
      for_each = { k = 1 }
    }
    module "m" {
      source = "./m"
    }
    data "aws_region" "r" {}
    data "aws_partition" "p" {}
    data "aws_caller_identity" "c" {}
    data "aws_availability_zones" "z" {}
    data "aws_ami" "a" {}
    locals {
      a    = local.b + 1
      b    = 2
      loop = local.loop
    }
    """
    assert value_of(tmp_path, expression, more=more) == expected


def test_an_unknown_argument_is_reported_with_its_path(tmp_path: Path) -> None:
    text = 'resource "aws_x" "y" {\n  rule {\n    a = [1, nosuch()]\n  }\n}\n'
    assert read(tmp_path, main=text).unresolved == (
        Unresolved(
            address="aws_x.y",
            attribute="rule[0].a[1]",
            reason="the function nosuch() is not evaluated here",
        ),
    )


# What stands around the resources


def test_modules_are_named_and_not_read(tmp_path: Path) -> None:
    found = read(tmp_path, main='module "b" {\n  source = "./b"\n}\nmodule "a" {}\n')
    assert found.modules == ("a", "b")
    assert found.objects == ()


@pytest.mark.parametrize(
    ("text", "backend"),
    [
        ("terraform {}", "local"),
        ('terraform {\n  backend "s3" {\n    bucket = "b"\n  }\n}', "s3"),
        ("terraform {\n  cloud {}\n}", "cloud"),
    ],
)
def test_the_backend_is_named(tmp_path: Path, text: str, backend: str) -> None:
    assert read(tmp_path, main=text + "\n").backend == backend


def test_providers_are_listed_with_alias_and_version(tmp_path: Path) -> None:
    text = """
    terraform {
      required_providers {
        aws = { source = "hashicorp/aws", version = "~> 5.0" }
      }
    }
    provider "aws" {
      region = "eu-west-1"
    }
    provider "aws" {
      alias = "west"
    }
    """
    found = read(tmp_path, main=text).providers
    assert [(p.name, p.version) for p in found] == [("aws", "~> 5.0"), ("aws.west", "~> 5.0")]
    assert found[0].arguments == {"region": "eu-west-1"}


def test_an_override_file_replaces_single_arguments(tmp_path: Path) -> None:
    main = 'resource "aws_x" "y" {\n  a = 1\n  b = 2\n  rule {\n    c = 3\n  }\n}\n'
    over = 'resource "aws_x" "y" {\n  b = 5\n  rule {\n    d = 4\n  }\n}\n'
    (found,) = read(tmp_path, main=main, a_override=over).objects
    assert found.arguments == {"a": 1, "b": 5, "rule": [{"d": 4}]}


def test_the_json_syntax_is_read_as_well(tmp_path: Path) -> None:
    content = {
        "//": "a comment",
        "variable": {"v": {"type": "number", "default": "3"}},
        "locals": {"l": "${var.v + 1}"},
        "resource": {"aws_x": {"y": {"count": 1, "a": "n-${local.l}", "b": [{"c": "$${d}"}]}}},
        "terraform": {"backend": {"s3": {"bucket": "b"}}},
    }
    found = read_configuration(write(tmp_path, {"main.tf.json": json.dumps(content)}))
    assert found.backend == "s3"
    assert [(o.address, o.arguments) for o in found.objects] == [
        ("aws_x.y[0]", {"a": "n-4", "b": [{"c": "${d}"}]})
    ]


def test_hidden_and_backup_files_are_not_read(tmp_path: Path) -> None:
    write(tmp_path, {".x.tf": "{", "main.tf~": "{", "main.tf": "\n"})
    assert read_configuration(tmp_path).objects == ()


# What is refused


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('resource "a" "b" {\n  x = [1\n}\n', "main.tf.*line 3"),
        ('resource "a" "b" {\n', "main.tf"),
        ('a = "unclosed\n', "main.tf"),
        ('resource "a" {}\n', 'a resource block has the labels "a"; it takes 2'),
        ('variable "a b" {}\n', "each of letters"),
        ("x {\n  a = 1\n  a = 2\n}\n", 'line 3: "a" is set twice'),
        ('resource "a" "b" {}\nresource "a" "b" {}\n', "line 2.*declared a second time"),
    ],
)
def test_hcl_that_is_wrong_is_refused_with_file_and_line(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(UserError, match=says):
        read(tmp_path, main=text)


def test_a_tfvars_file_that_is_wrong_is_refused_without_its_text(tmp_path: Path) -> None:
    write(tmp_path, {"main.tf": 'variable "v" {}\n', "terraform.tfvars": 'v = "hunter2" "x"\n'})
    with pytest.raises(UserError, match=r'terraform\.tfvars", line 1') as caught:
        read_configuration(tmp_path)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x80abc"])
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "main.tf").write_bytes(content)
    with pytest.raises(UserError, match="no UTF-8 text"):
        read_configuration(tmp_path)


def test_json_that_is_wrong_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r'main\.tf\.json", line 2'):
        read_configuration(write(tmp_path, {"main.tf.json": "{\n x\n}"}))


@pytest.mark.parametrize("name", ["gone", ""])
def test_a_folder_without_configuration_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=r"holds no \*\.tf|no folder"):
        read_configuration(tmp_path / name)
