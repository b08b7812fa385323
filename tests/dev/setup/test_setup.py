"""What `make setup` decides, on plain data: what it refuses, and where the provider comes from."""

import shlex
import subprocess
from pathlib import Path

import pytest

from common.requirements import fingerprint, parse_version, refusal, version_text
from dev.setup.provider_settings import (
    CliConfig,
    render_cli_config,
    render_environment,
    terraform_environment,
)
from dev.setup.provider_setup import OWN_CLI_CONFIG, users_cli_config
from local.emulator import PROJECT
from terraform.mirrors import Mirror, choose_mirror, implied_mirrors, package_paths

AWS = "registry.terraform.io/hashicorp/aws"
NO_CONFIG = CliConfig(named="", exists=False, text="")
UNPACKED = Mirror(Path("/mirror"), unpacked=True, holds=[AWS])
PACKED = Mirror(Path("/mirror"), unpacked=False, holds=[AWS])


def environment(
    mirror: Mirror | None, users: CliConfig = NO_CONFIG, users_plugin_cache: str = ""
) -> dict[str, str | None]:
    return terraform_environment(
        mirror,
        users,
        own_config=Path("/project/.tools/terraform.rc"),
        plugin_cache=Path("/project/.tools/plugin-cache"),
        users_plugin_cache=users_plugin_cache,
    )


# --- what is there, and whether it will do ---


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ("v20.20.2\n", (20, 20, 2)),
        ("pipenv, version 2026.10.3", (2026, 10, 3)),
        ("Python 3.13.0rc1", (3, 13, 0)),
        ("1.15.5", (1, 15, 5)),
        ("pyenv: pipenv: command not found", None),
        ("", None),
    ],
)
def test_a_version_is_read_from_what_a_tool_prints(
    answer: str, version: tuple[int, ...] | None
) -> None:
    assert parse_version(answer) == version


@pytest.mark.parametrize("found", [(1, 11), (1, 11, 4), (1, 15, 5), (2, 0)])
def test_a_new_enough_tool_is_not_refused(found: tuple[int, ...]) -> None:
    assert refusal("Terraform", (1, 11), found, "/bin/terraform", "install it") is None


@pytest.mark.parametrize(
    ("found", "where", "line"),
    [
        (
            (1, 9, 8),
            "/bin/terraform",
            "Terraform 1.11 or newer is needed, found 1.9.8 (/bin/terraform): install it",
        ),
        (None, None, "Terraform 1.11 or newer is needed, found none on PATH: install it"),
        (
            None,
            "/bin/terraform",
            "Terraform 1.11 or newer is needed, /bin/terraform does not say its version: "
            "install it",
        ),
    ],
)
def test_a_refusal_says_in_one_line_what_is_needed_what_was_found_and_what_to_do(
    found: tuple[int, ...] | None, where: str | None, line: str
) -> None:
    assert refusal("Terraform", (1, 11), found, where, "install it") == line


def test_a_version_is_written_as_people_write_it() -> None:
    assert version_text((20, 20, 2)) == "20.20.2"


def test_a_stamp_changes_with_each_of_a_steps_inputs() -> None:
    assert fingerprint("lock", "3.11") == fingerprint("lock", "3.11")
    assert (
        len({fingerprint("lock", "3.11"), fingerprint("lock", "3.12"), fingerprint("l", "")}) == 3
    )


def test_a_stamp_tells_its_inputs_apart() -> None:
    assert fingerprint("ab", "c") != fingerprint("a", "bc")


# --- where the provider comes from ---


def test_terraforms_implied_folders_come_in_terraforms_order() -> None:
    folders = implied_mirrors(Path("/project"), Path("/home/me"), None, None)
    assert [str(folder) for folder in folders if "Library" not in folder.parts] == [
        "/project/terraform.d/plugins",
        "/home/me/.terraform.d/plugins",
        "/home/me/.local/share/terraform/plugins",
        "/usr/local/share/terraform/plugins",
        "/usr/share/terraform/plugins",
    ]


def test_the_xdg_variables_move_the_implied_folders() -> None:
    folders = implied_mirrors(Path("/project"), Path("/home/me"), "/data", "/one:/two")
    assert [str(folder) for folder in folders][-3:] == [
        "/data/terraform/plugins",
        "/one/terraform/plugins",
        "/two/terraform/plugins",
    ]


@pytest.mark.parametrize(
    ("package", "unpacked"),
    [
        (f"{AWS}/5.100.0/linux_amd64", True),
        (f"{AWS}/terraform-provider-aws_5.100.0_linux_amd64.zip", False),
    ],
)
def test_a_mirror_is_found_in_both_of_terraforms_layouts(package: str, *, unpacked: bool) -> None:
    found = choose_mirror(
        [Path("/a"), Path("/b")],
        "linux_amd64",
        exists=lambda path: path == Path("/b") / package,
        providers_in=lambda _: [AWS, "registry.terraform.io/hashicorp/archive"],
    )
    assert found == Mirror(Path("/b"), unpacked, ["registry.terraform.io/hashicorp/archive", AWS])


def test_the_first_mirror_that_holds_the_provider_wins() -> None:
    holding = {package_paths(Path(name), "linux_amd64")["packed"] for name in ("/b", "/c")}
    found = choose_mirror(
        [Path("/a"), Path("/b"), Path("/c")], "linux_amd64", holding.__contains__, lambda _: [AWS]
    )
    assert found is not None
    assert found.path == Path("/b")


def test_a_mirror_for_another_platform_is_none() -> None:
    holding = set(package_paths(Path("/a"), "darwin_arm64").values())
    assert choose_mirror([Path("/a")], "linux_amd64", holding.__contains__, lambda _: [AWS]) is None


def test_the_cli_configuration_takes_what_the_mirror_holds_from_there_and_the_rest_as_usual() -> (
    None
):
    assert (
        render_cli_config(UNPACKED, "")
        == """\
# Written by `make setup`, which rewrites it.
provider_installation {
  filesystem_mirror {
    path    = "/mirror"
    include = ["registry.terraform.io/hashicorp/aws"]
  }
  direct {
    exclude = ["registry.terraform.io/hashicorp/aws"]
  }
}
"""
    )


def test_the_users_own_cli_configuration_follows_ours() -> None:
    own = 'credentials "app.terraform.io" {\n  token = "t"\n}\n'
    assert render_cli_config(UNPACKED, own).endswith(f"# the user's own configuration\n{own}")


def test_a_folders_name_cannot_break_the_cli_configuration() -> None:
    mirror = Mirror(Path('/a "b" c'), unpacked=True, holds=[AWS])
    assert r'path    = "/a \"b\" c"' in render_cli_config(mirror, "")


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("provider_installation {\n  direct {}\n}\n", True),
        ('  provider_installation {\n    network_mirror { url = "u" }\n  }\n', True),
        ('{"credentials": {}}', True),
        ('credentials "x" {}\n', False),
        ("# provider_installation {}\n", False),
        ("", False),
    ],
)
def test_a_users_configuration_that_rules_the_installation_is_left_as_it_is(
    text: str, *, rules: bool
) -> None:
    assert CliConfig("", exists=True, text=text).rules_installation is rules


# --- the variables that follow from it ---


def test_with_an_unpacked_mirror_nothing_asks_the_registry_and_nothing_is_cached() -> None:
    assert environment(UNPACKED) == {
        "TF_CLI_CONFIG_FILE": "/project/.tools/terraform.rc",
        "CDKTF_SKIP_PROVIDER_LOCK": "true",
        "CDKTF_DISABLE_PLUGIN_CACHE_ENV": "true",
    }


def test_with_a_packed_mirror_the_provider_is_unpacked_once() -> None:
    assert environment(PACKED) == {
        "TF_CLI_CONFIG_FILE": "/project/.tools/terraform.rc",
        "CDKTF_SKIP_PROVIDER_LOCK": "true",
        "TF_PLUGIN_CACHE_DIR": "/project/.tools/plugin-cache",
        "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "true",
    }


def test_without_a_mirror_the_provider_is_downloaded_once_and_nothing_is_skipped() -> None:
    assert environment(None) == {
        "TF_CLI_CONFIG_FILE": None,
        "TF_PLUGIN_CACHE_DIR": "/project/.tools/plugin-cache",
        "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "true",
    }


def test_a_users_configuration_that_exists_stays_in_force() -> None:
    users = CliConfig("/home/me/tf.rc", exists=True, text='credentials "x" {}')
    assert environment(None, users)["TF_CLI_CONFIG_FILE"] == "/home/me/tf.rc"


def test_a_configuration_file_that_does_not_exist_is_no_longer_named() -> None:
    users = CliConfig("/home/me/gone.rc", exists=False, text="")
    assert environment(None, users)["TF_CLI_CONFIG_FILE"] is None


def test_where_the_users_configuration_rules_the_installation_the_registry_is_not_asked() -> None:
    users = CliConfig("/home/me/tf.rc", exists=True, text="provider_installation {}")
    variables = environment(None, users)
    assert variables["TF_CLI_CONFIG_FILE"] == "/home/me/tf.rc"
    assert variables["CDKTF_SKIP_PROVIDER_LOCK"] == "true"


@pytest.mark.parametrize(
    ("users", "users_plugin_cache"),
    [
        (CliConfig("", exists=True, text='plugin_cache_dir = "/cache"'), ""),
        (NO_CONFIG, "/cache"),
    ],
)
def test_the_users_own_plugin_cache_is_kept(users: CliConfig, users_plugin_cache: str) -> None:
    assert "TF_PLUGIN_CACHE_DIR" not in environment(None, users, users_plugin_cache)


@pytest.mark.parametrize("checkout", ["ours", "another"])
def test_what_a_checkout_wrote_is_not_the_users_configuration(
    checkout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GIVEN a shell in which that checkout was activated; it may be gone since."""
    wrote = OWN_CLI_CONFIG if checkout == "ours" else tmp_path / ".tools" / "terraform.rc"
    users = tmp_path / "users.rc"
    users.write_text("# theirs")
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(wrote))
    monkeypatch.setenv("ATOMIC_USER_TF_CLI_CONFIG", str(users))

    assert users_cli_config() == CliConfig(named=str(users), exists=True, text="# theirs")


def test_the_environment_file_sets_and_unsets_in_a_plain_shell() -> None:
    value = 'it\'s a "folder" with $HOME in it'
    text = render_environment(Path("/project"), {"ATOMIC_SET": value, "ATOMIC_UNSET": None})
    script = f'{text}printf "%s|%s" "$ATOMIC_SET" "${{ATOMIC_UNSET-unset}}"'
    result = subprocess.run(
        ["/bin/sh", "-c", script],
        env={"ATOMIC_UNSET": "set before"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert result.stdout == f"{value}|unset"


def test_the_environment_file_begins_with_the_folder_it_is_for() -> None:
    text = render_environment(Path("/my project"), {"A": "b c"})
    assert text == f"# set up in /my project\nexport A={shlex.quote('b c')}\n"


@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("test", "-m pytest"),
        ("stories", "-m pytest"),
        ("nightly", "-m pytest"),
        ("security", "-m security\n"),
    ],
)
def test_what_asks_checkov_installs_it_first(target: str, command: str) -> None:
    """On a machine on which nothing was installed before."""
    plan = subprocess.run(
        ["make", "--dry-run", target], cwd=PROJECT, check=True, capture_output=True, text=True
    )

    assert "setup.py checkov\n" in plan.stdout[: plan.stdout.index(command)]
