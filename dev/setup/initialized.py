"""Skips a `terraform init` that has nothing to do: one that has been run there for the very same input.

cdktf initializes a stack before every diff, deploy and destroy. Each time terraform reads the provider,
700 MB, to check it; the plan that follows checks it by itself.
"""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

WORK = Path(".terraform")
STAMP = WORK / "initialized-for"


def fingerprint() -> str | None:
    """Hash what an initialization depends on; None where that is unknown.

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
    own = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("TF_") and not name.startswith("TF_LOG")
    }
    # cdktf appends its own name and version, but not to every command.
    own.pop("TF_APPEND_USER_AGENT", None)
    parts = [block, lock, installed, settings_text, own]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def initialize(terraform: Callable[[], int]) -> int:
    """Let terraform initialize the current folder where that is needed; its exit code."""
    before = fingerprint()
    if before and STAMP.is_file() and STAMP.read_text(encoding="utf-8") == before:
        print("Terraform has been initialized for this already.")
        return 0
    code = terraform()
    after = fingerprint()
    if code == 0 and after:
        draft = STAMP.with_suffix(".new")
        draft.write_text(after, encoding="utf-8")
        draft.replace(STAMP)
    return code
