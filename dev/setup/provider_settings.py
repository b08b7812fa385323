"""The settings with which Terraform finds the AWS provider on this machine.

Pure functions on plain data; dev/setup/provider_setup.py looks at the disk and writes what these return.
"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import NamedTuple

from terraform.mirrors import Mirror


def _quoted(text: str) -> str:
    """A string of the CLI configuration, whose older HCL knows no templates to escape."""
    return json.dumps(text, ensure_ascii=False)


def render_cli_config(mirror: Mirror, users_own: str) -> str:
    """Terraform's CLI configuration: what the mirror holds from there, the rest as usual.

    The user's own text follows, so that their credentials and other blocks still count.
    """
    held = ", ".join(_quoted(address) for address in mirror.holds)
    text = f"""\
# Written by `make setup`, which rewrites it.
provider_installation {{
  filesystem_mirror {{
    path    = {_quoted(str(mirror.path))}
    include = [{held}]
  }}
  direct {{
    exclude = [{held}]
  }}
}}
"""
    return f"{text}\n# the user's own configuration\n{users_own}" if users_own.strip() else text


class CliConfig(NamedTuple):
    """The user's own Terraform CLI configuration, as the set-up found it."""

    named: str
    """What TF_CLI_CONFIG_FILE says, "" when it is not set."""
    exists: bool
    text: str

    @property
    def rules_installation(self) -> bool:
        """Whether it has to be left as it is: no provider_installation of ours goes before it.

        It says itself where providers come from; or it is JSON, to which nothing can be prepended.
        """
        return self.text.lstrip().startswith("{") or bool(
            re.search(r"^\s*provider_installation\b", self.text, re.MULTILINE)
        )

    @property
    def caches_plugins(self) -> bool:
        """Whether it names a plugin cache of its own."""
        return bool(re.search(r"^\s*plugin_cache_dir\b", self.text, re.MULTILINE))


def terraform_environment(
    mirror: Mirror | None,
    users: CliConfig,
    *,
    own_config: Path,
    plugin_cache: Path,
    users_plugin_cache: str,
) -> dict[str, str | None]:
    """The variables that `activate` sets (None: unsets) so that Terraform finds the provider."""
    variables: dict[str, str | None] = {}
    if mirror is not None:
        variables["TF_CLI_CONFIG_FILE"] = str(own_config)
    elif users.exists and users.named:
        variables["TF_CLI_CONFIG_FILE"] = users.named
    else:
        # A name without a file behind it makes Terraform print a warning on every command.
        variables["TF_CLI_CONFIG_FILE"] = None
    if mirror is not None or users.rules_installation:
        # cdktf's `terraform providers lock` asks the public registry whatever the mirror holds.
        variables["CDKTF_SKIP_PROVIDER_LOCK"] = "true"
    if (mirror is not None and mirror.unpacked) or users.caches_plugins:
        # cdktf would otherwise put a cache of its own in between, on which parallel runs race.
        variables["CDKTF_DISABLE_PLUGIN_CACHE_ENV"] = "true"
    elif not users_plugin_cache:
        variables["TF_PLUGIN_CACHE_DIR"] = str(plugin_cache)
        # Otherwise Terraform passes the cache by in every folder that has no lock file yet.
        variables["TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE"] = "true"
    return variables


def render_environment(project: Path, variables: dict[str, str | None]) -> str:
    """`.tools/env.sh`, which `activate` reads; its first line says which folder it is for."""
    lines = [f"# set up in {project}"]
    for name, value in sorted(variables.items()):
        lines.append(f"unset {name}" if value is None else f"export {name}={shlex.quote(value)}")
    return "\n".join(lines) + "\n"
