"""A private copy of a legacy folder in which Terraform may do what it likes: nothing is written there itself.

The copy has no state and a backend of its own, so a plan in it says what the folder configures, whole.
"""

import json
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from common.errors import UserError, shorten
from imports.sources.terraform_base.local_paths import (
    NEVER_COPIED,
    common_root,
    configuration_files,
    paths_in_use,
)
from terraform.initialized import data_folder, selected_workspace

LOCK_FILE: Final = ".terraform.lock.hcl"
_MAX_BYTES: Final = 512 * 1024 * 1024
# In the folder itself: the state is what has to be empty. Elsewhere a state may be read by its path.
_STATES: Final = ("terraform.tfstate", "terraform.tfstate.backup", "terraform.tfstate.d")
# Of Terraform's own settings: values of variables, and where providers and modules come from. Not where it
# writes: its log would hold the values of secrets, and lie somewhere else.
_PASSED_ON: Final = ("TF_VAR_", "TF_CLI_CONFIG_FILE", "TF_PLUGIN_", "TF_REGISTRY_", "TF_TOKEN_")
_OVERRIDES: Final = (".tf", ".tf.json")


@dataclass(frozen=True, kw_only=True)
class Scratch:
    """A copy of a folder, and what Terraform has to run with there.

    `installed` holds links to the providers that the folder itself was initialized with, if it was.
    """

    folder: Path
    environment: Mapping[str, str]
    installed: Path | None


@contextmanager
def scratch_copy(folder: Path, *, environment: Mapping[str, str]) -> Iterator[Scratch]:
    """Copy what the folder uses, keep it while the context lasts, and remove it in any case.

    Only the user can read the copy: it may hold secrets in variable files, as a plan does. It has the
    names of the folders above, because a configuration can ask for them. Raises UserError for what
    cannot be copied.
    """
    origin = folder.resolve()
    if not any(_is_configuration(path.name) for path in configuration_files(origin)):
        raise UserError(
            f"{shorten(folder)} holds no *.tf or *.tf.json file: name the folder with the legacy "
            "configuration"
        )
    used = paths_in_use(origin)
    root = common_root(used)
    with tempfile.TemporaryDirectory(
        prefix="atomic-legacy-", ignore_cleanup_errors=True
    ) as private:
        copies = _Copies(source=root, target=Path(private, *root.parts[1:]))
        for path in used:
            copies.add(path, left_out=_states(origin))
        copy = copies.of(origin)
        installed = Path(private, "providers")
        _bring_installed(origin, copy, environment, providers=installed)
        (copy / override_name(copy, "zz_backend_override.tf.json")).write_text(
            json.dumps({"terraform": {"backend": {"local": {}}}})
        )
        yield Scratch(
            folder=copy,
            environment=_environment(origin, copy, environment),
            installed=installed if installed.exists() else None,
        )


def override_name(folder: Path, wanted: str) -> str:
    """Return the name of an override file that Terraform merges after all others of the folder.

    That is `wanted`, unless a file of the folder comes later in the order of names.
    """
    names = [path.name for path in configuration_files(folder) if _is_override(path.name)]
    last = max(names, default="")
    return wanted if wanted >= last or wanted in names else f"{last}_override.tf.json"


def _is_configuration(name: str) -> bool:
    return name.endswith(_OVERRIDES)


def _is_override(name: str) -> bool:
    stem = name.removesuffix(".json").removesuffix(".tf")
    return name.endswith(_OVERRIDES) and (stem == "override" or stem.endswith("_override"))


def _states(origin: Path) -> frozenset[Path]:
    return frozenset(origin / name for name in _STATES)


class _Copies:
    """Copies below `source` into the same places below `target`, up to a limit of bytes."""

    def __init__(self, *, source: Path, target: Path) -> None:
        self._source = source
        self._target = target
        self._bytes = 0

    def of(self, path: Path) -> Path:
        """Return where the copy of `path` is."""
        return self._target / path.relative_to(self._source)

    def add(self, path: Path, *, left_out: frozenset[Path]) -> None:
        """Copy a file, or a folder with what is in it."""
        try:
            self._add(path, self.of(path), left_out, above=())
        except OSError as error:
            named = shorten(error.filename or path)
            raise UserError(
                f"{named} cannot be copied ({error.strerror}): Terraform reads the legacy folder in a "
                "copy; make it readable"
            ) from None

    def _add(
        self, path: Path, copy: Path, left_out: frozenset[Path], above: tuple[Path, ...]
    ) -> None:
        kind = path.stat().st_mode
        if stat.S_ISREG(kind):
            self._count(path)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
            copy.chmod(0o700 if kind & stat.S_IXUSR else 0o600)
        elif stat.S_ISDIR(kind) and path.resolve() not in above:  # a link to a folder above it
            copy.mkdir(parents=True, exist_ok=True)
            for child in sorted(path.iterdir()):
                if child.name in NEVER_COPIED or child in left_out or not child.exists():
                    continue
                self._add(child, copy / child.name, left_out, (*above, path.resolve()))

    def _count(self, path: Path) -> None:
        self._bytes += path.stat().st_size
        if self._bytes > _MAX_BYTES:
            raise UserError(
                f"{self._source} holds more than {_MAX_BYTES // 1024**2} MiB that the legacy folder may "
                f"use (reached at {shorten(path)}): move what it does not use out of there, or give the "
                "legacy state with --state"
            )


def _bring_installed(
    origin: Path, copy: Path, environment: Mapping[str, str], *, providers: Path
) -> None:
    """Let the copy use what `terraform init` has installed for the folder: modules; providers by links."""
    data = data_folder(origin, environment)
    for package in data.glob("providers/*/*/*/*/*"):
        link = providers / package.relative_to(data / "providers")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(package.resolve())
    modules = data / "modules"
    if modules.is_dir():
        shutil.copytree(
            modules,
            copy / ".terraform" / "modules",
            symlinks=True,
            ignore=shutil.ignore_patterns(".git"),
        )


def _environment(origin: Path, copy: Path, environment: Mapping[str, str]) -> dict[str, str]:
    for name in ("TF_CLI_ARGS", "TF_CLI_ARGS_plan", "TF_CLI_ARGS_init"):
        if environment.get(name):
            raise UserError(
                f"{name} is set, which changes what Terraform reads: unset it, and give variables with "
                "--var, --var-file or TF_VAR_NAME"
            )
    workspace = selected_workspace(origin, environment)
    if workspace != "default":
        (copy / "terraform.tfstate.d" / workspace).mkdir(parents=True)
        (copy / ".terraform").mkdir(exist_ok=True)
        (copy / ".terraform" / "environment").write_text(workspace)
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith("TF_") or name.startswith(_PASSED_ON)
    }
