"""What in Terraform's own settings (`.terraformrc`) makes it ask another provider than the locked one.

Standard library alone, because cdktf's own terraform asks here too, before each command.

https://developer.hashicorp.com/terraform/cli/config/config-file
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

# The latter is of before Terraform 0.12, which still counts.
_NAMED_BY: Final = ("TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG")
_PROVIDER: Final = frozenset(
    {
        "aws",
        "hashicorp/aws",
        "registry.terraform.io/hashicorp/aws",
        "registry.opentofu.org/hashicorp/aws",
    }
)
_STRING: Final = r'"(?:\\.|[^"\\])*"'
_STRING_OR_COMMENT: Final = re.compile(rf"({_STRING})|#[^\n]*|//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_OVERRIDES: Final = re.compile(rf'\bdev_overrides"?[\s:=\[]*\{{((?:{_STRING}|[^"}}])*)')
_KEY: Final = re.compile(rf'(?:"([^"\n]*)"|([\w./-]+))\s*[:=]\s*{_STRING}')


def other_provider(environment: Mapping[str, str], folder: Path) -> str | None:
    """Return why Terraform, run in `folder`, would not ask the locked provider; None where it would."""
    for variable in _NAMED_BY:
        named = environment.get(variable)
        if named:
            path = folder / named
            try:
                return _override(path, f"{path} ({variable})")
            except OSError as error:
                return (
                    f"{variable} names {path}, which cannot be read ({error.strerror}), and Terraform would "
                    f"go on without those settings: correct {variable}, or begin a new shell with "
                    "`. ./activate`"
                )
    for path in _of_the_user(environment):
        try:
            found = _override(path, str(path))
        except OSError:
            continue  # Terraform cannot read it either, and then says so
        if found:
            return found
    return None


def _of_the_user(environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield what Terraform reads where no variable names a file."""
    home = environment.get("HOME")
    if home:
        yield Path(home, ".terraformrc")
        for pattern in ("*.tfrc", "*.tfrc.json"):
            yield from sorted(Path(home, ".terraform.d").glob(pattern))


def _override(path: Path, called: str) -> str | None:
    text = path.read_bytes().decode("utf-8", "replace")
    code = _STRING_OR_COMMENT.sub(lambda found: found[1] or " ", text)
    for body in _OVERRIDES.findall(code):
        for quoted, bare in _KEY.findall(body):
            name = quoted or bare
            if name.lower() in _PROVIDER:
                return (
                    f"{called} has {name} in dev_overrides: Terraform would ask that provider instead of "
                    "the locked one, and so would `cdktf deploy`: take that line out of the file"
                )
    return None
