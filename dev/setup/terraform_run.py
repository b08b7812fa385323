"""What `dev/setup/terraform_once` runs: terraform, shielded from the terminal, its log without secrets.

Of standard library alone, without site-packages: it is part of each cdktf command, and has to cost nothing.
"""

import os
import sys
import time
from pathlib import Path

# Run as a script, and isolated: the project's folder is not in the import path.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from dev.setup import initialized, quiet_logs, shield
from terraform.environment import main as is_led_elsewhere

# The initializations that cdktf and the project's own commands ask for. Any other is a person's.
_SKIPPABLE = (["init"], ["init", "-no-color"], ["init", "-input=false", "-no-color"])
_LAST_WORDS_SECONDS = 2.0


def main(arguments: list[str]) -> int:
    """Run terraform; its exit code."""
    if is_led_elsewhere():  # it would work in another place, or on a part of the stage
        return 1
    if quiet_logs.quiet(os.environ):
        shield.say(quiet_logs.NOTE)
    chosen = os.environ.get(shield.PROGRAM)
    command = [chosen or "terraform", *arguments]
    # `ATOMIC_INIT_ALWAYS=1` initializes all the same.
    if arguments in _SKIPPABLE and not (chosen or os.environ.get("ATOMIC_INIT_ALWAYS")):
        return initialized.initialize(lambda: shield.run(command))
    code = shield.run(command)
    if code == 1:
        # cdktf reads no further once this has ended: what is told last, after a long plan, is the error.
        time.sleep(_LAST_WORDS_SECONDS)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
