"""What lies outside of a folder of Terraform and is used by it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from imports.sources.terraform_base.local_paths import common_root, paths_in_use

Tree = Callable[..., Path]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Files in a repository; returns the folder `envs/prod` of it."""

    def make(**files: str) -> Path:
        (tmp_path / "envs" / "prod").mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/").replace("_tf", ".tf")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path / "envs" / "prod"

    return make


def used(folder: Path) -> set[str]:
    """The paths in use, from the repository's root."""
    return {str(path.relative_to(folder.parent.parent)) for path in paths_in_use(folder)}


def test_a_folder_alone_is_all_that_is_used(tree: Tree) -> None:
    assert used(tree(envs__prod__main_tf="locals {\n  a = [1, 2]\n}\n")) == {"envs/prod"}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('source = "../../modules/net"', "modules/net"),
        ('file("../motd")', "envs/motd"),
        ('"${path.module}/../motd"', "envs/motd"),
        ('"../motd-${var.x}"', "envs"),
        ('"../${var.x}/motd"', "envs"),
        ('fileset("..", "*.json")', "envs"),
        ("EOT\n../motd\nEOT", "envs/motd"),
    ],
)
def test_a_path_upwards_is_used(tree: Tree, text: str, path: str) -> None:
    folder = tree(envs__prod__main_tf=text, envs__motd="x", modules__net__main_tf="")

    assert path in used(folder)


def test_what_a_used_module_uses_is_used(tree: Tree) -> None:
    folder = tree(
        envs__prod__main_tf='source = "../../modules/net"',
        modules__net__main_tf='source = "../deep"',
        modules__deep__main_tf='file("${path.module}/../../motd")',
        motd="x",
    )

    assert used(folder) == {"envs/prod", "modules/net", "modules/deep", "motd"}


def test_a_module_within_the_folder_that_leads_out_is_followed(tree: Tree) -> None:
    folder = tree(envs__prod__net__main_tf='file("../../motd")', envs__motd="x")

    assert used(folder) == {"envs/prod", "envs/motd"}


def test_what_does_not_exist_is_no_path(tree: Tree) -> None:
    assert used(tree(envs__prod__main_tf="# see ../nowhere, and so on ...")) == {"envs/prod"}


def test_a_file_of_variables_can_name_a_path(tree: Tree) -> None:
    folder = tree(envs__prod__main_tf="", envs__motd="x")
    (folder / "terraform.tfvars").write_text('motd = "../motd"\n')

    assert "envs/motd" in used(folder)


def test_the_root_holds_all_that_is_used(tree: Tree, tmp_path: Path) -> None:
    folder = tree(envs__prod__main_tf='"../../modules/net"', modules__net__main_tf="")

    assert common_root(paths_in_use(folder)) == tmp_path.resolve()
    assert common_root((folder,)) == folder
