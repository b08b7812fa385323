"""Interrupts a terraform that stands still, once AWS has answered: `shield.py` starts it at the first Ctrl-C.

At an interrupt the provider gives up each request that is on its way, and what AWS makes of that is in no
state. So terraform stands still, and its provider does not. Then they change places: terraform reads all
answers at once, and begins with other objects before it sees that it is to end; its provider, of the same
process group, has not asked AWS for one by then.

A process of its own, which wakes them whatever becomes of the one that started it. Standard library alone.
"""

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

# How long AWS has to answer. A CI that cancels a job kills it some ten seconds later.
_ANSWER_SECONDS = 4.0
# How long terraform has at least to see that it is to end, and how long on a machine with other work.
_NOTICE_SECONDS = 1.0
_LONGEST_NOTICE_SECONDS = 4.0
_LOOK_SECONDS = 0.1
# A thread may sleep for a moment between two things it does.
_LOOKS_AT_REST = 3


def interrupt(pid: int) -> None:
    """Interrupt the terraform of this process id, which leads its group, and wake the group."""
    time.sleep(_ANSWER_SECONDS)
    # Where terraform has ended, its provider may be left, and has to end by itself.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGSTOP)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
            os.kill(pid, signal.SIGCONT)
            _let_notice(pid)
        os.killpg(pid, signal.SIGCONT)


def _let_notice(pid: int) -> None:
    """Wait until this process has done all that it can do without the rest of its group."""
    begun = time.monotonic()
    time.sleep(_NOTICE_SECONDS)
    looks = 0
    while looks < _LOOKS_AT_REST and time.monotonic() < begun + _LONGEST_NOTICE_SECONDS:
        looks = looks + 1 if _is_at_rest(pid) else 0
        time.sleep(_LOOK_SECONDS)


def _is_at_rest(pid: int) -> bool:
    """Whether none of its threads runs, or would if it had a processor; True where that cannot be seen."""
    try:
        threads = [each.read_text() for each in Path(f"/proc/{pid}/task").glob("*/stat")]
    except OSError:  # a thread that has just ended
        return False
    # The state follows the name, which is in brackets.
    return all(thread.rpartition(")")[2].split()[0] != "R" for thread in threads)


if __name__ == "__main__":
    interrupt(int(sys.argv[1]))
