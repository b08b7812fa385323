"""Whether visitors see the application, or a page in its place."""

from ops.doctor.finding import Finding, attention, fine
from ops.facts.maintenance import Maintenance


def judge_maintenance(page: Maintenance | None, *, stage: str) -> list[Finding]:
    """Say that the maintenance page is on: somebody may have forgotten it."""
    if page is None:
        return [fine("maintenance", "the page is off: visitors reach the services")]
    return [attention("maintenance", page.text, f"python -m ops maintenance off --stage {stage}")]
