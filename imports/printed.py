"""What the commands of adoption print for people."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple

from common.errors import listed
from common.screen import print_table, say
from imports.adopt import GateResult
from imports.explain import Kept
from imports.gate import Ruling
from imports.interruptions import interruption
from imports.inventory import Decision, Disagreement
from imports.look_at_stack import StackLook
from imports.ownership import Owner, second_base, twice_owned
from imports.retire import Retirement
from imports.rollback import Rollback
from imports.sources.cloudformation.verdicts import RowVerdict
from imports.take_stock import Inventory


def print_inventory(found: Inventory) -> None:
    """Print what becomes of each legacy resource and of each row of a stack, and what was written."""
    if found.decisions or not found.stack:
        _print_decisions(found.decisions, found.drift, found.source)
    if found.stack:
        if found.decisions:
            say("")
        count = _print_rows(found.stack, found.rows)
        for line in found.against:
            say(f"BLOCKED {line}")
        say(
            f"CloudFormation compared {found.compared} of {count} objects with the template; the others may "
            "have changed unseen"
        )
    for note in found.notes:
        say(f"note: {note}")
    if found.record is None:
        problems = [item for item in found.decisions if item.verdict == "problem"]
        say(
            "nothing was written"
            if found.stack
            else f"\n{len(problems)} to mend: nothing was written"
        )
        for item in () if found.stack else problems:
            # Whole lines: a command that is cut cannot be copied.
            say(f"BLOCKED {item.legacy_address}: {item.why}")
        return
    say(f"\nwrote {found.record_path}: review and commit it")
    if found.wrote_stage_file:
        whose = "the settings of what was found" if found.stack else "the base's settings"
        say(f"wrote {found.stage_path}: {whose}, phase adopt")
    say(f"next: python -m imports gate --stage {found.record.stage}")


def _print_decisions(
    decisions: Sequence[Decision], drift: Sequence[Disagreement], source: str
) -> None:
    print_table(
        ("legacy resource", "verdict", "address here", "import id, or why"),
        [
            (item.legacy_address, item.verdict, item.address or "", item.import_id or item.why)
            for item in decisions
        ],
    )
    verdicts = [item.verdict for item in decisions]
    say(
        f"\n{len(verdicts)} legacy resources, read from {source}: {verdicts.count('adopt')} to adopt, "
        f"{verdicts.count('release')} to release, {verdicts.count('not covered')} not covered"
    )
    if drift:
        say("\nConfiguration, state and AWS do not agree; AWS is what is adopted:")
        print_table(
            ("legacy resource", "attribute", "configuration", "state", "AWS"),
            [tuple(value or "" for value in astuple(row)) for row in drift],
        )


def print_gate(result: GateResult) -> None:
    """Print what the gate says of a plan."""
    for line in result.preflight:
        say(f"BLOCKED {line}")
    shown: list[Ruling] = [
        finding for finding in result.verdict.findings if finding.kind not in ("clean", "addition")
    ]
    for finding in shown:
        label = "BLOCKED" if finding.kind == "blocked" else finding.kind
        say(f"{label} {finding.address}: {finding.why}")
        for change in finding.changes:
            say(f"    {change}")
    _print_interruptions(shown)
    for address in result.kept_as_found:
        say(f"kept as found {address}: the stage puts nothing in its place (keep_as_found)")
    for note in result.notes:
        say(f"note: {note}")
    if result.looked_at:
        for line in (result.looked_at.text, *result.looked_at.notes):
            say(line)
    count = result.verdict.count
    say(
        f"phase {result.phase}: {count('clean')} unchanged, "
        f"{count('state-only')} changed in the state alone, {count('addition')} added, "
        f"{count('change')} changed in place or removed, "
        f"{count('blocked') + len(result.preflight)} blocked"
    )


def _print_interruptions(findings: Sequence[Ruling]) -> None:
    """Print what each change in AWS restarts or interrupts; those of one address and one effect together."""
    rows: dict[tuple[str, str], list[str]] = {}
    for finding in findings:
        for change in finding.changes:
            if not change.state_only:
                effect = interruption(finding.address.partition(".")[0], change)
                rows.setdefault((finding.address, effect), []).append(change.attribute)
    if rows:
        say("")
        print_table(
            ("changed in AWS", "restarts or interrupts", "attributes"),
            [
                (address, effect, ", ".join(attributes))
                for (address, effect), attributes in rows.items()
            ],
        )
        say("")


def print_kept(kept: Sequence[Kept], *, objects: int) -> None:
    """Print what stays as it was found, and what it takes to change it."""
    for each in kept:
        say(f"{each.attribute}: {each.found}, the platform's {each.platform}")
        say(f"    of {listed(address.partition('.')[2] for address in each.addresses)}")
        say(f"    takes {each.takes}")
    say(
        f"{objects} adopted objects: {len(kept)} attributes stay as they were found, because AWS changes "
        "them in no object that exists; no deploy of this stage touches them"
    )


def print_owners(owners: Sequence[Owner]) -> None:
    """Print who owns each object."""
    holders = [_holder(owner) for owner in owners]
    print_table(
        ("address", "import id", "owner", ""),
        [
            (owner.address, owner.import_id, holder, owner.mismatch or "")
            for owner, holder in zip(owners, holders, strict=True)
        ],
    )
    counts = ", ".join(f"{holders.count(name)} {name}" for name in dict.fromkeys(holders))
    say(f"\n{len(owners)} objects: {counts}")
    second = second_base(owners)
    for warning in (*twice_owned(owners), *([second] if second else ())):
        say(warning)


def _holder(owner: Owner) -> str:
    """Return who holds it, or what is left possible without its old owner's word."""
    if owner.asked:
        return owner.holder.value
    return "here or both" if owner.held_here else "legacy or nobody"


def print_retirement(done: Retirement) -> None:
    """Print what was removed from the old state, and what is left to do."""
    say(f"removed {len(done.let_go)} resources from the old state; {len(done.stays)} stay there")
    for address in done.stays:
        say(f"  stays: {address}")
    if done.backup:
        say(f"backup: {done.backup.path} (mode 0600); it holds secrets")
    for file in done.secret_files:
        say(f"still holds secrets: {file}")
    for file in done.delete_from_version_control:
        say(f"remove from version control: {file}")
    for note in done.notes:
        say(f"note: {note}")


def print_rollback(done: Rollback) -> None:
    """Print what was given back."""
    say(
        f"restored {len(done.restored)} resources to the legacy state; the new state forgot "
        f"{len(done.forgotten)}"
    )
    for note in done.notes:
        say(f"note: {note}")


def print_look(found: StackLook) -> None:
    """Print what would become of each row of a template."""
    _print_rows(found.stack, found.rows)
    say("a template alone: neither the objects nor the stack's state were looked at")
    say("nothing was written: this is a look")


def _print_rows(stack: str, rows: Sequence[RowVerdict]) -> int:
    """Print the verdicts on a stack's rows, and return how many rows there are."""
    print_table(
        ("row", "type", "verdict", "address here", "import id, or why"),
        [
            (row.logical_id, row.type, row.verdict, row.address, row.import_id or row.why)
            for row in rows
        ],
    )
    counts = Counter({row.logical_id: row.verdict for row in rows}.values())
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    say(f"\n{stack}: {counts.total()} rows: {told}")
    return counts.total()
