"""Asks whether a locked package has a known vulnerability: pip-audit for Python, npm audit for Node.

`make audit` runs it. Both tools ask a service on the internet, and pip-audit counts a package that the
service does not know as fine: where none answers, it ends in "nothing found". So one package is asked about
first, and whatever was not answered counts as not audited. Exit codes: 0 nothing is known, 1 a
vulnerability, 2 not audited.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.screen import say

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_SECONDS = 300
CLEAN, VULNERABLE, NOT_AUDITED = 0, 1, 2

Run = Callable[[Sequence[str]], str]


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What was learnt of the packages of one lock file. `why_not` says why nothing was, if so."""

    lock: str
    packages: int
    vulnerable: tuple[str, ...] = ()
    why_not: str = ""

    @property
    def exit_code(self) -> int:
        """What it means for the command."""
        return NOT_AUDITED if self.why_not else VULNERABLE if self.vulnerable else CLEAN

    def __str__(self) -> str:
        said = "no known vulnerability"
        if self.vulnerable:
            said = f"{len(self.vulnerable)} known vulnerabilities: {'; '.join(self.vulnerable)}"
        if self.why_not:
            said = (
                f"NOT AUDITED, {self.why_not}: run `make audit` where the internet can be reached"
            )
        return f"{self.lock}: {self.packages} packages, {said}"


def python_requirements(lock: Mapping[str, Any]) -> dict[str, str]:
    """The packages of a Pipfile.lock by name, as pip takes them: version and hashes."""
    return {
        name: " ".join([f"{name}{row['version']}", *(f"--hash={each}" for each in row["hashes"])])
        for section, rows in lock.items()
        if section != "_meta"
        for name, row in sorted(rows.items())
    }


def without_hash(pipfile_lock: Mapping[str, Any], package_lock: Mapping[str, Any]) -> list[str]:
    """The entries of both lock files that say no hash of what is downloaded.

    What npm lists as bundled comes within another package's archive, and has no download of its own.
    """
    python = [
        f"Pipfile.lock: {section}: {name}"
        for section, rows in pipfile_lock.items()
        if section != "_meta"
        for name, row in rows.items()
        if not row.get("version", "").startswith("==") or not row.get("hashes")
    ]
    packages = package_lock["packages"]
    node = [
        f"package-lock.json: {path}"
        for path, row in packages.items()
        if path and not row.get("inBundle") and not row.get("integrity", "").startswith("sha512-")
    ]
    return python + node


def audit_python(lock: Mapping[str, Any], run: Run) -> Audit:
    """Ask about one package, and then about all."""
    wanted = python_requirements(lock)

    def audit(vulnerable: Iterable[str] = (), why_not: str = "") -> Audit:
        return Audit(
            lock="Pipfile.lock",
            packages=len(wanted),
            vulnerable=tuple(vulnerable),
            why_not=why_not,
        )

    found: list[str] = []
    for names in (list(wanted)[:1], list(wanted)[1:]):
        with tempfile.TemporaryDirectory(prefix="atomic-audit-") as folder:
            requirements = Path(folder) / "requirements.txt"
            requirements.write_text("".join(f"{wanted[name]}\n" for name in names))
            answer = run(
                [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes",
                 "--progress-spinner=off", "--format=json", f"--requirement={requirements}"]
            )  # fmt: skip
        report = _report(answer)
        if "dependencies" not in report:
            return audit(why_not=f"pip-audit failed ({_last_line(answer)})")
        skipped = [row["name"] for row in report["dependencies"] if "skip_reason" in row]
        if skipped or len(report["dependencies"]) != len(names):
            unknown = ", ".join(skipped[:3]) or "some packages"
            return audit(found, f"PyPI's vulnerability service has no answer on {unknown}")
        found += [
            f"{row['name']} {row['version']}: {each['id']}"
            for row in report["dependencies"]
            for each in row["vulns"]
        ]
    return audit(found)


def audit_node(lock: Mapping[str, Any], run: Run) -> Audit:
    """Ask about all packages at once, as npm does."""
    packages = len(lock["packages"]) - 1  # beside the project itself
    answer = run(["npm", "audit", "--json", "--package-lock-only", "--audit=true"])
    report = _report(answer)
    if "vulnerabilities" not in report:
        why_not = f"npm's service gave no answer ({report.get('message') or _last_line(answer)})"
        return Audit(lock="package-lock.json", packages=packages, why_not=why_not)
    vulnerable = tuple(
        f"{name} {row['range']}: {row['severity']}"
        for name, row in sorted(report["vulnerabilities"].items())
    )
    return Audit(lock="package-lock.json", packages=packages, vulnerable=vulnerable)


def run_command(command: Sequence[str]) -> str:
    """What a command printed, on standard output or else on standard error."""
    try:
        finished = subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"no answer in {TIMEOUT_SECONDS} s"
    except OSError as error:
        return str(error)
    return finished.stdout.strip() or finished.stderr


def main() -> int:
    """Audit both lock files."""
    pipfile_lock = json.loads((ROOT / "Pipfile.lock").read_text())
    package_lock = json.loads((ROOT / "package-lock.json").read_text())
    missing = without_hash(pipfile_lock, package_lock)
    for entry in missing:
        say(f"{entry}: no hash")
    codes = [VULNERABLE] if missing else []
    for audit, lock in ((audit_python, pipfile_lock), (audit_node, package_lock)):
        result = audit(lock, run_command)
        say(result)
        codes.append(result.exit_code)
    return VULNERABLE if VULNERABLE in codes else max(codes)


def _report(answer: str) -> dict[str, Any]:
    try:
        report = json.loads(answer)
    except ValueError:
        return {}
    return report if isinstance(report, dict) else {}


def _last_line(answer: str) -> str:
    lines = answer.strip().splitlines()
    return lines[-1] if lines else "no word"


if __name__ == "__main__":
    sys.exit(main())
