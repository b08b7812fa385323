"""A legacy folder is evaluated by Terraform, in a copy that nobody else reads and that is gone afterwards."""

import json
import os
import re
import shutil
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from common.errors import UserError
from imports.sources.terraform_base import running
from imports.sources.terraform_base.base import NotAgreedError, planned_base
from imports.sources.terraform_base.planned import LegacyConfiguration
from imports.sources.terraform_base.scratch import Scratch, override_name, scratch_copy
from local.random_provider import SOURCE, lay_out_mirror
from terraform.cli import Terraform

SYNTAX = Path(__file__).parent.parent.parent / "legacy" / "syntax"
BUILT_IN = 'resource "terraform_data" "one" {\n  input = %s\n}\n'


def refuse(programs: Sequence[str]) -> None:
    raise NotAgreedError(", ".join(programs))


def configured(
    folder: Path,
    *,
    environment: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
    var_files: Sequence[Path] = (),
) -> LegacyConfiguration:
    """What Terraform says of a folder; it needs no provider where there is none to be had."""
    with planned_base(
        folder,
        environment={**os.environ, **(environment or {})},
        variables=variables or {},
        var_files=var_files,
        agree=refuse,
        progress=lambda _: None,
    ) as base:
        return base.configuration


def value(folder: Path, expression: str, **options: Any) -> object:
    """What an expression is worth in a folder."""
    (folder / "main.tf").write_text(BUILT_IN % expression)
    (one,) = configured(folder, **options).objects
    return one.arguments["input"]


def refusal(folder: Path, **options: Any) -> str:
    with pytest.raises(UserError) as caught:
        configured(folder, **options)
    return str(caught.value)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


# --- what Terraform makes of it ---------------------------------------------------------------


@pytest.fixture(scope="module")
def syntax() -> LegacyConfiguration:
    return configured(SYNTAX)


@pytest.mark.terraform
def test_every_value_is_terraform_s(syntax: LegacyConfiguration) -> None:
    (shown,) = [each for each in syntax.objects if each.name == "values"]

    assert shown.arguments["input"] == {
        "made": "yes",
        "ports": [80, 443],
        "mixed": ["1"],
        "whole": 1,
        "small": "x0.000001",
        "same": False,
        "shorter": 1,
        "upper": "STRAßE",
        "named": "<ab>12",
        "any": {"a": "1", "b": "x"},
        "policy": "${aws:PrincipalTag/team}",
        "opening": "${",
        "lost": "a}",
        "given": True,
        "open": True,
        "port": 443,
        "motd": "hello\n",
    }


@pytest.mark.terraform
def test_a_name_that_is_not_ascii_after_a_comment_is_read(syntax: LegacyConfiguration) -> None:
    addresses = [each.address for each in syntax.objects]

    assert addresses[:2] == ["terraform_data.größe[0]", "terraform_data.größe[1]"]


@pytest.mark.terraform
def test_a_comment_that_is_not_utf_8_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "other.tf").write_bytes("# caf\xe9\n".encode("latin-1"))

    assert value(tmp_path, "1") == 1


@pytest.mark.terraform
def test_later_sources_of_a_variable_win_as_in_terraform(tmp_path: Path) -> None:
    (tmp_path / "variables.tf").write_text('variable "v" {\n  default = "default"\n}\n')
    given: dict[str, Any] = {"environment": {"TF_VAR_v": "environment"}}
    seen = [value(tmp_path, "var.v"), value(tmp_path, "var.v", **given)]
    for name in ("terraform.tfvars", "a.auto.tfvars"):
        (tmp_path / name).write_text(f'v = "{name}"\n')
        seen.append(value(tmp_path, "var.v", **given))
    given["var_files"] = [tmp_path / "own.vars"]
    (tmp_path / "own.vars").write_text('v = "-var-file"\n')
    seen.append(value(tmp_path, "var.v", **given))
    seen.append(value(tmp_path, "var.v", variables={"v": "-var"}, **given))

    assert seen == [
        "default", "environment", "terraform.tfvars", "a.auto.tfvars", "-var-file", "-var"
    ]  # fmt: skip


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A folder two levels down that uses a module, a file and a template beside its own folders."""
    for path, text in {
        "envs/prod/main.tf": 'module "net" {\n  source   = "../../modules/net"\n'
        '  for_each = toset(["a"])\n}\n'
        + BUILT_IN
        % '[templatefile("${path.module}/../motd.tpl", { x = 1 })]',
        "envs/motd.tpl": "x is ${x}",
        "modules/net/main.tf": BUILT_IN % 'file("${path.module}/../../texts/name")',
        "texts/name": "net",
        "unused/large.bin": "x" * 1000,
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


@pytest.mark.terraform
def test_what_lies_above_the_folder_is_there(repository: Path) -> None:
    found = {each.address: each.arguments for each in configured(repository / "envs/prod").objects}

    assert found == {
        'module.net["a"].terraform_data.one': {"input": "net"},
        "terraform_data.one": {"input": ["x is 1"]},
    }


@pytest.mark.terraform
def test_the_folders_above_keep_their_names(tmp_path: Path) -> None:
    folder = tmp_path / "prod"
    folder.mkdir()

    assert value(folder, "basename(abspath(path.module))") == "prod"


@pytest.mark.terraform
@pytest.mark.parametrize(
    "setting",
    [
        'backend "s3" {\n    bucket = "b"\n    key = "k"\n    region = "us-east-1"\n  }',
        'cloud {\n    organization = "o"\n    workspaces {\n      name = "w"\n    }\n  }',
        'backend "s3" {}',
    ],
    ids=["backend", "cloud", "partial backend"],
)
@pytest.mark.parametrize("name", ["backend.tf", "zzz_override.tf"])
def test_where_the_state_is_kept_is_not_asked(tmp_path: Path, name: str, setting: str) -> None:
    (tmp_path / name).write_text(f"terraform {{\n  {setting}\n}}\n")

    assert value(tmp_path, "1") == 1


@pytest.mark.terraform
def test_an_override_file_of_the_owner_s_counts(tmp_path: Path) -> None:
    (tmp_path / "zzz_override.tf.json").write_text(
        json.dumps({"resource": {"terraform_data": {"one": {"input": "theirs"}}}})
    )

    assert value(tmp_path, '"mine"') == "theirs"


@pytest.mark.terraform
def test_the_selected_workspace_is_that_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / ".terraform").mkdir()
    (tmp_path / ".terraform" / "environment").write_text("blue")

    assert value(tmp_path, "terraform.workspace") == "blue"
    assert value(tmp_path, "terraform.workspace", environment={"TF_WORKSPACE": "red"}) == "red"


@pytest.mark.terraform
def test_a_state_that_is_there_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "terraform.tfstate").write_text("not a state")

    assert value(tmp_path, "1") == 1


@pytest.mark.terraform
def test_an_argument_made_of_another_object_waits_and_names_it(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        BUILT_IN % "1" + 'resource "terraform_data" "two" {\n  input = terraform_data.one.id\n}\n'
    )

    two = configured(tmp_path).objects[1]

    assert str(two.arguments["input"]) == (
        "AfterApply(references=('terraform_data.one.id', 'terraform_data.one'))"
    )


# --- what the folder keeps, and what nobody else sees -----------------------------------------


@pytest.mark.terraform
def test_nothing_is_written_into_the_folder(repository: Path) -> None:
    before = files(repository)

    configured(repository / "envs" / "prod")

    assert files(repository) == before


def test_the_copy_is_private_and_holds_what_is_used_alone(repository: Path) -> None:
    (repository / "envs/prod/secret.auto.tfvars").write_text('password = "planted"\n')
    with scratch_copy(repository / "envs/prod", environment={}) as scratch:
        root = Path("/", *scratch.folder.parts[1 : -len(repository.parts) - 1])
        copies = scratch.folder.parent.parent

        assert stat.S_IMODE(root.stat().st_mode) == 0o700
        assert stat.S_IMODE((scratch.folder / "secret.auto.tfvars").stat().st_mode) == 0o600
        assert (copies / "modules" / "net" / "main.tf").is_file()
        assert not (copies / "unused").exists()


@pytest.mark.parametrize("ending", [KeyboardInterrupt(), UserError("x")])
def test_the_copy_is_gone_however_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: BaseException
) -> None:
    scratches = tmp_path / "scratch"
    folder = tmp_path / "legacy"
    for each in (scratches, folder):
        each.mkdir()
    (folder / "main.tf").write_text(BUILT_IN % "1")
    monkeypatch.setattr("tempfile.tempdir", str(scratches))

    with suppress(type(ending)), scratch_copy(folder, environment={}) as scratch:
        assert scratch.folder.is_relative_to(scratches)
        raise ending

    assert list(scratches.iterdir()) == []


@pytest.mark.terraform
def test_a_log_of_terraform_s_is_not_written(tmp_path: Path) -> None:
    log = tmp_path / "terraform.log"

    value(tmp_path, "1", environment={"TF_LOG": "TRACE", "TF_LOG_PATH": str(log)})

    assert not log.exists()


@pytest.mark.terraform
def test_a_link_to_a_folder_above_has_an_end(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path)

    assert value(tmp_path, "1") == 1


# --- what cannot be evaluated -----------------------------------------------------------------


@pytest.mark.terraform
@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("broken.tf", 'resource "aws_vpc" {{{', "broken.tf, line 1: "),
        ("broken.tf", 'variable "a" {\n  default = "', "broken.tf, line 2: Unterminated"),
        ("broken.tf.json", '{"resource": ', "broken.tf.json, line 1: "),
        ("terraform.tfvars", "a = = 1", "terraform.tfvars, line 1: "),
        ("x.auto.tfvars.json", "[1", "x.auto.tfvars.json, line 1: "),
        ("more.tf", 'variable "needed" {}\n', "more.tf, line 1: No value for required variable"),
        ("more.tf", "locals {\n  a = local.b\n}\n", "more.tf, line 2: Reference to undeclared"),
    ],
)
def test_an_error_is_terraform_s_own_with_file_and_line(
    tmp_path: Path, name: str, content: str, said: str
) -> None:
    (tmp_path / "main.tf").write_text(BUILT_IN % "1")
    (tmp_path / name).write_text(content)

    assert said in refusal(tmp_path)


@pytest.mark.terraform
@pytest.mark.parametrize("name", ["nobody", "a b"])
def test_a_variable_that_the_folder_does_not_take(tmp_path: Path, name: str) -> None:
    (tmp_path / "main.tf").write_text(BUILT_IN % "1")

    assert name in refusal(tmp_path, variables={name: "1"})


@pytest.mark.terraform
@pytest.mark.parametrize(
    "repeated",
    ["count = length(terraform_data.one.id)", "for_each = toset([terraform_data.one.id])"],
)
def test_a_number_that_only_an_apply_tells_is_named_and_refused(
    tmp_path: Path, repeated: str
) -> None:
    (tmp_path / "main.tf").write_text(
        f'{BUILT_IN % "1"}resource "terraform_data" "many" {{\n  {repeated}\n}}\n'
    )

    said = refusal(tmp_path)

    assert said.startswith("main.tf, line 5: terraform_data.many: Invalid ")
    assert said.endswith("no record is written: give the legacy state with --state")


def test_a_folder_without_configuration_is_refused(tmp_path: Path) -> None:
    (tmp_path / "terraform.tfvars").write_text("")

    assert "holds no *.tf or *.tf.json file" in refusal(tmp_path)


def test_arguments_that_terraform_would_be_given_unseen_are_refused(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(BUILT_IN % "1")

    said = refusal(tmp_path, environment={"TF_CLI_ARGS_plan": "-target=terraform_data.two"})

    assert said.startswith("TF_CLI_ARGS_plan is set")


def test_a_file_that_nobody_can_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(BUILT_IN % "1")
    (tmp_path / "more.tf").symlink_to("/proc/self/mem")

    assert "more.tf" in refusal(tmp_path) or "/proc/self/mem" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.tf", 'data "external" "vault" {\n  program = ["vault"]\n}\n'),
        ("x.tf", 'data "http" "vault" {\n  url = "http://127.0.0.1:9/"\n}\n'),
        ("x.tf.json", '{"data": {"external": {"vault": {"program": ["vault"]}}}}'),
        ("x.tf", 'locals {\n  a = !!true\n}\ndata "external" "vault" {\n  program = ["v"]\n}\n'),
    ],
    ids=["HCL", "http", "JSON", "syntax the reader does not know"],
)
def test_programs_of_the_owner_s_are_named_before_anything_runs(
    tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text)

    with pytest.raises(NotAgreedError, match=r"^data\.(external|http)\.vault$"):
        configured(tmp_path, environment={"TERRAFORM_BINARY_NAME": "/nowhere"})


@pytest.mark.terraform
@pytest.mark.parametrize(
    ("module", "named"),
    [
        ('data "external" "vault" {\n  program = ["vault"]\n}\n', "module.net.data.external.vault"),
        ('data "http" "vault" {\n  url = "http://127.0.0.1:9/"\n}\n', "module.net.data.http.vault"),
        ("", "whatever uses the provider registry.terraform.io/hashicorp/http"),
    ],
    ids=["a program", "a server", "what reading has not found"],
)
def test_programs_of_a_module_are_named_before_it_is_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, named: str
) -> None:
    """Which modules there are Terraform says once it has them; the providers are not to be had here."""
    for path, text in {
        "prod/main.tf": 'module "net" {\n  source = "../net"\n}\n',
        "net/main.tf": module,
    }.items():
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text(text)

    def installed(scratch: Scratch) -> list[str]:
        Terraform(folder=scratch.folder, environment=scratch.environment).checked("get")
        return []

    monkeypatch.setattr(running, "initialize", installed)
    providers = frozenset({"registry.terraform.io/hashicorp/http"})
    monkeypatch.setattr(
        running, "selected_providers", lambda _: frozenset() if module else providers
    )
    monkeypatch.setattr(running, "plan", lambda *_args, **_options: pytest.fail("it was planned"))

    with pytest.raises(NotAgreedError, match=f"^{re.escape(named)}$"):
        configured(tmp_path / "prod")


# --- providers --------------------------------------------------------------------------------

RANDOM = """
terraform {
  required_providers {
    random = { source = "hashicorp/random" }
  }
}
"""


@pytest.fixture
def mirror(tmp_path: Path) -> Mapping[str, str]:
    """Settings with which Terraform has one version of one provider, and no registry."""
    lay_out_mirror(tmp_path / "mirror")
    settings = tmp_path / "terraform.rc"
    settings.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{tmp_path}/mirror"\n  }}\n}}\n'
    )
    return {**os.environ, "TF_CLI_CONFIG_FILE": str(settings)}


@pytest.mark.terraform
def test_a_provider_that_cannot_be_had_is_named_with_a_remedy(
    tmp_path: Path, mirror: Mapping[str, str]
) -> None:
    (tmp_path / "main.tf").write_text(RANDOM)
    shutil.rmtree(tmp_path / "mirror")
    (tmp_path / "mirror").mkdir()

    said = refusal(tmp_path, environment=mirror)

    assert said.startswith("Terraform cannot get the provider hashicorp/random ")
    assert "TF_CLI_CONFIG_FILE" in said


@pytest.mark.terraform
def test_a_locked_version_that_cannot_be_had_is_said_and_done_without(
    tmp_path: Path, mirror: Mapping[str, str]
) -> None:
    folder = tmp_path / "legacy"
    folder.mkdir()
    (folder / "main.tf").write_text(RANDOM)
    lock = folder / ".terraform.lock.hcl"
    lock.write_text(f'provider "{SOURCE}" {{\n  version = "3.5.1"\n}}\n')

    with scratch_copy(folder, environment=mirror) as scratch:
        notes = running.initialize(scratch)

        assert running.selected_providers(scratch) == {SOURCE}
    assert notes == [
        '.terraform.lock.hcl pins "hashicorp/random 3.5.1", which cannot be had here: the configuration '
        "was planned with other versions, as its version constraints allow"
    ]
    assert lock.exists()


@pytest.mark.terraform
def test_what_the_folder_has_installed_is_used(tmp_path: Path, mirror: Mapping[str, str]) -> None:
    folder = tmp_path / "legacy"
    folder.mkdir()
    (folder / "main.tf").write_text(RANDOM)
    with scratch_copy(folder, environment=mirror) as installed:
        running.initialize(installed)
        for name in (".terraform", ".terraform.lock.hcl"):
            source = installed.folder / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, folder / name)
    nothing = tmp_path / "nothing.rc"
    nothing.write_text("provider_installation {\n}\n")

    with scratch_copy(
        folder, environment={**mirror, "TF_CLI_CONFIG_FILE": str(nothing)}
    ) as scratch:
        assert running.initialize(scratch) == []


# --- pure parts -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "theirs", ["override.tf", "a_override.tf", "zz_x_override.tf", "zzz_override.tf.json", "z.tf"]
)
def test_our_override_is_the_last(tmp_path: Path, theirs: str) -> None:
    (tmp_path / theirs).touch()

    ours = override_name(tmp_path, "zz_found_override.tf.json")

    assert ours > theirs or "override" not in theirs
    assert ours.endswith("_override.tf.json")


def test_a_diagnostic_is_one_line_without_advice_for_other_command_lines() -> None:
    message = {
        "@level": "error",
        "diagnostic": {
            "severity": "error",
            "summary": "Invalid count argument",
            "detail": "It depends on\nattributes.\n\nTo work around this, use -exclude.",
            "address": "aws_eip.nat",
            "range": {"filename": "network.tf", "start": {"line": 3, "column": 11}},
        },
    }
    warning = {"diagnostic": {"severity": "warning", "summary": "old"}}

    found = running.diagnostics("\n".join(["x", json.dumps(warning), json.dumps(message)]))

    assert [str(each) for each in found] == [
        "network.tf, line 3: aws_eip.nat: Invalid count argument: It depends on attributes."
    ]
