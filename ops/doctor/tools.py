"""The tools on this machine."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from common.requirements import (
    NODE_MINIMUM,
    PYTHON_MINIMUM,
    TERRAFORM_MINIMUM,
    Version,
    parse_version,
    version_text,
)
from ops.doctor.finding import Finding, all_or, attention, fine

# `make setup` installs these from the lock files; another version has not been tested.
_PINNED_IN = {"cdktf": "package-lock.json", "provider bindings": "Pipfile.lock"}
_AT_LEAST: Mapping[str, Version] = {
    "python": PYTHON_MINIMUM,
    "node": NODE_MINIMUM,
    "terraform": TERRAFORM_MINIMUM,
}


@dataclass(frozen=True, kw_only=True)
class ToolFacts:
    """Versions by tool, None where there is no such tool; `pinned` is what the project asks for."""

    found: Mapping[str, Version | None]
    pinned: Mapping[str, Version]


def gather(project: Path, environ: Mapping[str, str]) -> ToolFacts:
    """Ask each tool for its version."""
    cdktf = _package_version(project / "node_modules" / "cdktf-cli" / "package.json")
    return ToolFacts(
        found={
            "python": sys.version_info[:3],
            "node": _says("node", "--version"),
            "terraform": _says(
                environ.get("TERRAFORM_BINARY_NAME") or "terraform", "version", "-json"
            ),
            "cdktf": cdktf,
            "provider bindings": _installed("cdktf-cdktf-provider-aws"),
        },
        pinned=_pinned(project),
    )


def judge_environment(elsewhere: str | None) -> list[Finding]:
    """Check whether a variable leads Terraform to a part of the stage, or to another place."""
    if elsewhere is None:
        return []
    what, _, remedy = elsewhere.rpartition(": ")
    return [attention("environment", what, remedy)]


def judge_tools(facts: ToolFacts) -> list[Finding]:
    """Return each tool that is missing, too old, or not the pinned one."""
    findings = []
    for tool, found in facts.found.items():
        least, pinned = _AT_LEAST.get(tool), facts.pinned.get(tool)
        if found is None:
            what = f"{tool} is not there"
        elif least and found < least:
            what = f"{tool} is {version_text(found)}, allowed: {version_text(least)} or newer"
        elif pinned and found != pinned:
            what = (
                f"{tool} is {version_text(found)}, {_PINNED_IN[tool]} says {version_text(pinned)}"
            )
        else:
            continue
        findings.append(attention(f"tool {tool}", what, "make setup && . ./activate"))
    versions = ", ".join(
        f"{tool} {version_text(found)}" for tool, found in facts.found.items() if found
    )
    return all_or(findings, fine("tools", versions))


def _pinned(project: Path) -> dict[str, Version]:
    wanted = {
        "cdktf": json.loads((project / "package.json").read_text("utf-8"))["devDependencies"][
            "cdktf-cli"
        ],
        "provider bindings": json.loads((project / "Pipfile.lock").read_text("utf-8"))["default"][
            "cdktf-cdktf-provider-aws"
        ]["version"],
    }
    parsed = {tool: parse_version(text) for tool, text in wanted.items()}
    return {tool: each for tool, each in parsed.items() if each}


def _says(*command: str) -> Version | None:
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return parse_version(answer.stdout)


def _installed(package: str) -> Version | None:
    try:
        return parse_version(version(package))
    except PackageNotFoundError:
        return None


def _package_version(path: Path) -> Version | None:
    if not path.is_file():
        return None
    match = re.search(r'"version":\s*"([^"]+)"', path.read_text("utf-8"))
    return parse_version(match[1]) if match else None
