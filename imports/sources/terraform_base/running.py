"""Lets Terraform plan in the copy of a legacy folder, and tells its errors in one line with file and line."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from common.errors import UserError, one_line, shorten
from imports.sources.terraform_base.scratch import LOCK_FILE, Scratch
from terraform.cli import CommandResult, Terraform
from terraform.plan import Plan

_PLAN_FILE: Final = "atomic.tfplan"
_UNKNOWN_COUNT: Final = frozenset({"Invalid count argument", "Invalid for_each argument"})
_BLOCK: Final = re.compile(r'resource "([^"]+)" "([^"]+)"')
_PROVIDER: Final = re.compile(r"provider\s+([\w./-]+/[\w./-]+)")


@dataclass(frozen=True, kw_only=True)
class Diagnostic:
    """An error as Terraform tells it to programs."""

    summary: str
    detail: str
    address: str
    file: str
    line: int

    def __str__(self) -> str:
        """Return it in one line: where, what and why."""
        where = f"{self.file}, line {self.line}: " if self.file else ""
        whose = f"{self.address}: " if self.address else ""
        # Later paragraphs advise on Terraform's own command lines.
        why = one_line(self.detail.split("\n\n")[0])
        return one_line(f"{where}{whose}{self.summary}: {why}".removesuffix(": "))


def initialize(scratch: Scratch) -> list[str]:
    """Install providers and modules; return what the user has to know about how.

    First from what the folder has installed already, then as its settings say, then without the lock
    file, for a version that is locked and cannot be had. Raises UserError with Terraform's own error.
    """
    terraform = _terraform(scratch)
    lock = scratch.folder / LOCK_FILE
    if scratch.installed and not _init(terraform, f"-plugin-dir={scratch.installed}"):
        return []
    errors = _init(terraform)
    if _missing(errors) and lock.exists():
        locked = lock.read_text(encoding="utf-8", errors="replace")
        lock.unlink()
        errors = _init(terraform)
        if not errors:
            return [_planned_without(locked, lock)]
    if _missing(errors):
        raise UserError(_cannot_get(errors))
    if errors:
        raise UserError(f"Terraform cannot initialize the legacy folder: {_first(errors)}")
    return []


def plan(scratch: Scratch, *, variables: Mapping[str, str], var_files: Iterable[Path]) -> Plan:
    """Return the plan of the copy, which stays in memory: it holds secrets in plain text.

    Raises UserError with Terraform's own error.
    """
    terraform = _terraform(scratch)
    plan_file = scratch.folder / _PLAN_FILE
    result = terraform(
        "plan",
        "-refresh=false",
        "-input=false",
        "-json",
        f"-out={plan_file}",
        *(f"-var-file={path.resolve()}" for path in var_files),
        *(f"-var={name}={value}" for name, value in variables.items()),
    )
    if result.exit_code:
        raise UserError(_cannot_plan(_errors(result)))
    try:
        return terraform.show(plan_file)
    finally:
        plan_file.unlink(missing_ok=True)


def selected_providers(scratch: Scratch) -> frozenset[str]:
    """Return the addresses of the providers that an initialized copy uses, those of modules too."""
    versions = json.loads(_terraform(scratch).checked("version", "-json"))
    return frozenset(versions.get("provider_selections") or ())


def module_folders(scratch: Scratch) -> Mapping[str, Path]:
    """Return the folder of each module that is installed, by its name in dots (`net.subnets`)."""
    manifest = scratch.folder / ".terraform" / "modules" / "modules.json"
    if not manifest.is_file():
        return {}
    return {
        module["Key"]: scratch.folder / module["Dir"]
        for module in json.loads(manifest.read_text(encoding="utf-8"))["Modules"]
        if module["Key"]
    }


def diagnostics(stdout: str) -> list[Diagnostic]:
    """Return the errors among the messages that `terraform ... -json` prints."""
    found = []
    for line in stdout.splitlines():
        try:
            message = json.loads(line)
        except ValueError:
            continue
        said = message.get("diagnostic") if isinstance(message, dict) else None
        if said and said.get("severity") == "error":
            place = said.get("range") or {}
            found.append(
                Diagnostic(
                    summary=said.get("summary", ""),
                    detail=said.get("detail", ""),
                    address=said.get("address") or _address_in(said.get("snippet") or {}),
                    file=place.get("filename", ""),
                    line=(place.get("start") or {}).get("line", 0),
                )
            )
    return found


def _address_in(snippet: Mapping[str, Any]) -> str:
    """Return the address of the block that an error quotes, where it is one of a resource."""
    block = _BLOCK.fullmatch(snippet.get("context") or "")
    return f"{block[1]}.{block[2]}" if block else ""


def _terraform(scratch: Scratch) -> Terraform:
    return Terraform(folder=scratch.folder, environment=scratch.environment)


def _init(terraform: Terraform, *options: str) -> list[Diagnostic]:
    result = terraform("init", "-input=false", "-json", *options)
    return _errors(result) if result.exit_code else []


def _errors(result: CommandResult) -> list[Diagnostic]:
    found = diagnostics(result.stdout.decode("utf-8", "replace"))
    if found:
        return found
    # Of what is wrong with its command line, Terraform tells in words alone.
    said = result.stderr.decode("utf-8", "replace") or result.stdout.decode("utf-8", "replace")
    lines = [line.strip("│╷╵ \t") for line in said.splitlines()]
    text = " ".join(line for line in lines if line).removeprefix("Error: ")
    return [Diagnostic(summary=text or "no message", detail="", address="", file="", line=0)]


def _cannot_plan(errors: list[Diagnostic]) -> str:
    for error in errors:
        if error.summary in _UNKNOWN_COUNT:
            return (
                f"{_said(error)}: so how many there are is unknown without the state, and no record "
                "is written: give the legacy state with --state"
            )
    return f"Terraform cannot plan the legacy folder: {_first(errors)}"


def _missing(errors: list[Diagnostic]) -> list[str]:
    names = {name for each in errors for name in _PROVIDER.findall(each.detail)}
    return sorted({name.removeprefix("registry.terraform.io/") for name in names})


def _cannot_get(errors: list[Diagnostic]) -> str:
    return (
        f"Terraform cannot get the provider {', '.join(_missing(errors))} ({_first(errors)}): run "
        "`terraform init` in the legacy folder where it can be had, or name a mirror that holds it in "
        "Terraform's CLI configuration (TF_CLI_CONFIG_FILE), or give the legacy state with --state"
    )


def _first(errors: list[Diagnostic]) -> str:
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{_said(errors[0])}{more}"


def _said(error: Diagnostic) -> str:
    text = str(error)
    return text if len(text) <= 400 else f"{text[:397]}..."


def _planned_without(locked: str, lock: Path) -> str:
    pinned = re.findall(r'provider "([^"]+)" \{\s*version\s*=\s*"([^"]+)"', locked)
    named = ", ".join(f"{name.rpartition('.io/')[2]} {version}" for name, version in pinned)
    return (
        f"{lock.name} pins {shorten(named, limit=200)}, which cannot be had here: the configuration was "
        "planned with other versions, as its version constraints allow"
    )
