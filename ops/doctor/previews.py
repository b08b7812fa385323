"""Whether a stage that lends can: its certificate, the room before its rules, and previews that outlived."""

from collections.abc import Sequence
from datetime import UTC, datetime

from ops.deployed import Deployed
from ops.doctor.finding import Finding, attention, fine
from ops.preview.lending import check_lends, lacks, lent_by
from ops.preview.states import Found, Previews

_NAME = "previews"


def gather(deployed: Deployed) -> tuple[list[str], list[Found]]:
    """Return what the stage lacks, and its previews. Raises UserError for one that cannot lend."""
    lends = check_lends(deployed.settings)
    previews = Previews(base=deployed)
    lent = lent_by(deployed.settings, lends.services, previews.state_of_base())
    return list(lacks(deployed, lent)), previews.all()


def judge_previews(
    lacking: Sequence[str], found: Sequence[Found], *, stage: str, now: datetime | None = None
) -> list[Finding]:
    """Say what is missing, and which previews should be gone."""
    moment = now or datetime.now(UTC)
    over = [each.name for each in found if each.is_over(moment)]
    findings = [
        attention(_NAME, what, remedy)
        for what, _, remedy in (each.partition(": ") for each in lacking)
    ]
    if over:
        findings.append(
            attention(
                _NAME,
                f"the time of {', '.join(over)} is over, and nothing has ended it",
                f"python -m ops preview expire --base {stage}; schedule it (docs/previews.md)",
            )
        )
    return findings or [fine(_NAME, f"the stage can lend; {len(found)} previews are there")]
