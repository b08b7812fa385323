"""A stand-in for hashicorp/random, for machines whose provider mirror lacks it.

The legacy base generates three passwords with `random_password`. To apply that base against the
embedded AWS, this module serves that one resource over Terraform's plugin protocol and lays itself
out as a filesystem mirror. It is for the emulator only: nothing deployed to AWS uses it.

What is deliberately not here: every other resource of the provider, and a real bcrypt hash.
"""

import os
import platform
import secrets
import shlex
import stat
import string
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tf.iface import (
    Config,
    CreateContext,
    DataSource,
    DeleteContext,
    ReadContext,
    Resource,
    State,
    UpdateContext,
)
from tf.iface import Provider as ProviderInterface
from tf.runner import run_provider
from tf.schema import Attribute, Schema
from tf.types import Bool, Map, Number, String
from tf.utils import Diagnostics

VERSION: Final = "3.7.2"
SOURCE: Final = "registry.terraform.io/hashicorp/random"
AWS_SOURCE: Final = "registry.terraform.io/hashicorp/aws"

_SPECIAL: Final = "!@#$%&*()-_=+[]{}<>:?"
# As the real provider stores them; a state written by it stays readable here.
_SCHEMA_VERSION: Final = 3
_ARCHITECTURES: Final = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


# The framework ships no types, hence the two waivers.
class RandomPassword(Resource):  # type: ignore[misc]
    """`random_password`: a generated string that lives in the state alone."""

    def __init__(self, _provider: ProviderInterface) -> None:
        """Take the provider the framework hands over; nothing of it is needed."""

    @classmethod
    def get_name(cls) -> str:
        """Return the type name without the provider's prefix."""
        return "password"

    @classmethod
    def get_schema(cls) -> Schema:
        """Return the attributes of the real resource; every input forces a new password."""
        switches = ("lower", "upper", "numeric", "number", "special")
        minimums = ("min_lower", "min_upper", "min_numeric", "min_special")
        return Schema(
            version=_SCHEMA_VERSION,
            attributes=[
                Attribute("id", String(), computed=True, default="none"),
                Attribute("length", Number(), required=True, requires_replace=True),
                Attribute("keepers", Map(String()), optional=True, requires_replace=True),
                Attribute("override_special", String(), optional=True, requires_replace=True),
                *(_optional(name, Bool(), default=True) for name in switches),
                *(_optional(name, Number(), default=0) for name in minimums),
                Attribute("result", String(), computed=True, sensitive=True),
                Attribute("bcrypt_hash", String(), computed=True, sensitive=True),
            ],
        )

    def create(self, _ctx: CreateContext, planned: State) -> State:
        """Generate the password the planned inputs ask for."""
        return {
            **planned,
            "id": "none",
            "result": generate_password(planned),
            # Shaped like a hash, derived from nothing: no test may log in with it.
            "bcrypt_hash": "$2a$10$" + secrets.token_hex(27)[:53],
        }

    def read(self, _ctx: ReadContext, current: State) -> State:
        """Return the state unchanged: there is nothing to read it back from."""
        return current

    def update(self, _ctx: UpdateContext, _current: State, planned: State) -> State:
        """Return the plan: no argument can change without a new password."""
        return planned

    def delete(self, _ctx: DeleteContext, _current: State) -> None:
        """Forget the password; nothing exists outside the state."""


class RandomProvider(ProviderInterface):  # type: ignore[misc]
    """The provider: no settings, one resource."""

    def get_model_prefix(self) -> str:
        """Return what every type name starts with."""
        return "random_"

    def full_name(self) -> str:
        """Return the address Terraform knows the provider by."""
        return SOURCE

    def get_provider_schema(self, _diags: Diagnostics) -> Schema:
        """Return the empty provider block."""
        return Schema(version=0)

    def validate_config(self, _diags: Diagnostics, _config: Config) -> None:
        """Accept the empty provider block."""

    def configure_provider(self, _diags: Diagnostics, _config: Config) -> None:
        """Keep nothing: there is nothing to configure."""

    def get_data_sources(self) -> list[type[DataSource]]:
        """Return none."""
        return []

    def get_resources(self) -> list[type[Resource]]:
        """Return the one resource."""
        return [RandomPassword]


def generate_password(inputs: Mapping[str, Any]) -> str:
    """Return a password of `length` with at least the asked minimum of each kind of character."""
    special = inputs.get("override_special") or _SPECIAL
    kinds = {
        "lower": string.ascii_lowercase,
        "upper": string.ascii_uppercase,
        "numeric": string.digits,
        "special": special,
    }
    allowed = {kind: chars for kind, chars in kinds.items() if inputs.get(kind) is not False}
    picked = [
        secrets.choice(chars)
        for kind, chars in allowed.items()
        for _ in range(int(inputs.get(f"min_{kind}") or 0))
    ]
    pool = "".join(allowed.values()) or string.ascii_lowercase
    missing = int(inputs["length"]) - len(picked)
    picked += [secrets.choice(pool) for _ in range(missing)]
    secrets.SystemRandom().shuffle(picked)
    return "".join(picked)


def lay_out_mirror(folder: Path) -> Path:
    """Write the provider into `folder` as a filesystem mirror and return its launcher.

    The launcher runs this file with the Python that called this function, so the mirror works as
    long as that environment exists.
    """
    launcher = folder / SOURCE / VERSION / _target() / f"terraform-provider-random_v{VERSION}"
    launcher.parent.mkdir(parents=True, exist_ok=True)
    # -P keeps this file's own folder off the module path: its neighbours must not shadow
    # modules of the standard library.
    command = shlex.join([sys.executable, "-P", str(Path(__file__).resolve())])
    launcher.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    launcher.chmod(launcher.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return launcher


def write_cli_config(
    path: Path, *, random_mirror: Path, aws_mirror: Path | None = None
) -> Mapping[str, str]:
    """Write a Terraform CLI configuration that knows the stand-in, and return its environment.

    `aws_mirror` is a filesystem mirror holding hashicorp/aws; without one that provider comes
    from the public registry. The returned mapping is what Terraform's environment must contain.
    """
    others = (
        f'  direct {{\n    exclude = ["{SOURCE}"]\n  }}\n'
        if aws_mirror is None
        else _mirror_block(aws_mirror, AWS_SOURCE)
    )
    blocks = _mirror_block(random_mirror, SOURCE) + others
    path.write_text(f"provider_installation {{\n{blocks}}}\n", encoding="utf-8")
    return {"TF_CLI_CONFIG_FILE": str(path.resolve()), "CHECKPOINT_DISABLE": "1"}


def _mirror_block(folder: Path, source: str) -> str:
    quoted = str(folder.resolve()).replace("\\", "\\\\").replace('"', '\\"')
    return f'  filesystem_mirror {{\n    path    = "{quoted}"\n    include = ["{source}"]\n  }}\n'


def _optional(name: str, kind: Bool | Number, *, default: bool | int) -> Attribute:
    return Attribute(
        name, kind, optional=True, computed=True, default=default, requires_replace=True
    )


def _target() -> str:
    machine = platform.machine().lower()
    return f"{platform.system().lower()}_{_ARCHITECTURES.get(machine, machine)}"


def main() -> None:
    """Serve the provider to the Terraform process that started this one."""
    with tempfile.TemporaryDirectory(prefix="random-provider-") as home:
        # The framework keeps its throw-away TLS key below HOME; a user's own home stays clean.
        os.environ["HOME"] = home
        run_provider(RandomProvider())


if __name__ == "__main__":
    main()
