"""Runs checkov on synthesized stacks and on plans, and reads its answer.

checkov is a process of its own, in a virtualenv of its own (`security/Pipfile`). It is slow to start, so one
run takes many stacks. It sends nothing anywhere.
"""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from security.exceptions import Failure

CHECKOV = Path(__file__).with_name(".venv") / "bin" / "checkov"

# What each kind of document is called in the folder that checkov reads. Its framework `terraform` takes no
# notice of `cdk.tf.json`, and reports success.
Framework = Literal["terraform_json", "terraform_plan"]
_FILE_NAMES: Mapping[Framework, str] = {
    "terraform_json": "cdk.tf.json",
    "terraform_plan": "tfplan.json",
}
# checkov gives up on a stack that has one of these. They say where an object was, not what it is.
_OF_ADDRESSES = ("import", "moved", "removed")
_OPENS = re.compile(r'( +)"([^"]+)": \{')


class CheckovError(Exception):
    """checkov cannot be run, or does not answer; the text says what to do."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What checkov says of one stack."""

    passed: int
    failures: tuple[Failure, ...]


def check(
    documents: Mapping[str, Mapping[str, Any]], *, framework: Framework, folder: Path
) -> dict[str, Report]:
    """Check one document per stage, each a synthesized stack or a plan, in an empty `folder`.

    Raises CheckovError when checkov is not installed, fails, or has checked nothing of a stage.
    """
    file_name = _FILE_NAMES[framework]
    texts = {
        stage: json.dumps(
            {block: found for block, found in document.items() if block not in _OF_ADDRESSES},
            indent=2,
        )
        for stage, document in documents.items()
    }
    for stage, text in texts.items():
        (folder / stage).mkdir()
        (folder / stage / file_name).write_text(text, encoding="utf-8")
    answer = json.loads(_run(folder, framework))
    reports = parse(answer, texts, framework=framework)
    unchecked = [stage for stage, report in reports.items() if not report.passed]
    if unchecked:
        raise CheckovError(f"checkov has checked nothing of {', '.join(unchecked)}")
    return reports


def parse(
    answer: Mapping[str, Any], texts: Mapping[str, str], *, framework: Framework
) -> dict[str, Report]:
    """Split checkov's answer into a report per stage; `texts` are the documents that it read.

    Raises CheckovError when it could not read one of them.
    """
    if "results" not in answer:
        raise CheckovError("checkov has checked nothing")
    results = answer["results"]
    if results.get("parsing_errors"):
        raise CheckovError(f"checkov cannot read {', '.join(results['parsing_errors'])}")
    passed = [_stage(row) for row in results["passed_checks"]]
    lines = {
        stage: addresses_by_line(text) if framework == "terraform_json" else {}
        for stage, text in texts.items()
    }
    failures = [
        Failure(
            check=row["check_id"],
            # In a synthesized stack some checks name a resource without its type; the line tells it.
            resource=lines[_stage(row)].get(row["file_line_range"][0], row["resource"]),
            stage=_stage(row),
            what=row["check_name"],
        )
        for row in results["failed_checks"]
    ]
    return {
        stage: Report(
            passed=passed.count(stage),
            failures=tuple(sorted({each for each in failures if each.stage == stage})),
        )
        for stage in texts
    }


def addresses_by_line(text: str) -> dict[int, str]:
    """Return where each resource and data source of a stack begins: line, from 1, to address.

    `text` is JSON with two spaces for each level.
    """
    found: dict[int, str] = {}
    section = type_ = ""
    for number, line in enumerate(text.splitlines(), start=1):
        match = _OPENS.match(line)
        if not match:
            continue
        depth, name = len(match[1]) // 2, match[2]
        if depth == 1:
            section = name
        elif depth == 2:
            type_ = name
        elif depth == 3 and section in ("resource", "data"):
            found[number] = f"{'data.' if section == 'data' else ''}{type_}.{name}"
    return found


def _stage(row: Mapping[str, Any]) -> str:
    return str(row["file_path"]).strip("/").split("/")[0]


def _run(folder: Path, framework: Framework) -> str:
    command = [
        *(str(CHECKOV), "--directory", "."),
        *("--framework", framework),
        *("--output", "json"),
        *("--compact", "--skip-download", "--soft-fail"),
    ]
    try:
        finished = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "LOG_LEVEL": "ERROR"},
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise CheckovError(
            f"checkov cannot be run ({error.strerror}): run `make checkov`"
        ) from None
    if finished.returncode:
        lines = finished.stderr.strip().splitlines() or ["no message"]
        raise CheckovError(f"checkov fails with exit code {finished.returncode}: {lines[-1]}")
    return finished.stdout
