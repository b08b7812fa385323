"""`make fuzz`: more than 10,000 inputs over all targets, as a table."""

import sys

from common.screen import print_table, say
from tests.fuzz.fuzzing import fuzz
from tests.fuzz.targets import TARGETS


def main() -> int:
    """Fuzz every target; 1 when there was a complaint, or a target that accepted nothing at all."""
    rows, complaints, total = [], [], 0
    for target in TARGETS:
        print(f"... {target.name}", file=sys.stderr, flush=True)
        done = fuzz(target, profile="long")
        total += done.inputs
        by_code = [done.codes.get(code, 0) for code in (0, 1, 2)]
        rows.append(
            (
                *(done.target, done.inputs, done.accepted, *by_code),
                *(done.complaints.total(), f"{done.seconds:.0f}"),
            )
        )
        complaints += [
            f"{done.target}: {count} x {what}" for what, count in done.complaints.items()
        ]
        if not done.accepted:
            complaints.append(f"{done.target}: nothing was accepted: what is behind was not tried")
    print_table(
        (
            *("target", "inputs", "accepted", "exit 0", "exit 1", "exit 2"),
            *("tracebacks", "seconds"),
        ),
        rows,
    )
    say(f"{total} inputs, {len(complaints)} kinds of complaint")
    for line in complaints:
        say(line)
    return bool(complaints)


if __name__ == "__main__":
    sys.exit(main())
