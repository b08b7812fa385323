"""Runs `terraform init` in the current folder, unless it has been run there for the very same input.

Standard library alone: it is part of each cdktf command, and has to cost nothing.
"""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

WORK = Path(".terraform")
STAMP = WORK / "initialized-for"


def fingerprint() -> str | None:
    """A hash of what an initialization depends on; None where that cannot be told.

    That is the stack's `terraform` block, the locked and the installed providers, and terraform's own
    settings. An installed provider that was exchanged is found by the plan, which checks it.
    """
    try:
        block = json.loads(Path("cdk.tf.json").read_text(encoding="utf-8"))["terraform"]
        lock = Path(".terraform.lock.hcl").read_text(encoding="utf-8")
        installed = sorted(
            str(path.resolve(strict=True)) for path in WORK.glob("providers/*/*/*/*/*")
        )
        settings = os.environ.get("TF_CLI_CONFIG_FILE", "")
        settings_text = Path(settings).read_text(encoding="utf-8") if settings else ""
    except (OSError, ValueError, KeyError):
        return None
    own = {name: value for name, value in os.environ.items() if name.startswith("TF_")}
    # cdktf appends its own name and version, but not to every command.
    own.pop("TF_APPEND_USER_AGENT", None)
    parts = [block, lock, installed, settings_text, own]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def main(arguments: list[str]) -> int:
    """Initialize where needed; terraform's exit code."""
    before = fingerprint()
    if before and STAMP.is_file() and STAMP.read_text(encoding="utf-8") == before:
        print("Terraform has been initialized for this already.")
        return 0
    code = subprocess.call(["terraform", *arguments])
    after = fingerprint()
    if code == 0 and after:
        STAMP.write_text(after, encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
