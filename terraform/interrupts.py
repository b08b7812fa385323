"""Ctrl-C while terraform runs: it is told once and finishes what it has begun, and only then do we end."""

import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from common.screen import tell

_FIRST: Final = (
    "interrupted: Terraform is finishing what it has begun, wait ... (a second Ctrl-C stops it "
    "at once)"
)
_SECOND: Final = "interrupted again: Terraform stops at once"
_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Counts Ctrl-C, and passes each on to a process; a closed terminal and SIGTERM count once in all."""

    def __init__(self) -> None:
        """Begin to count."""
        self.count = 0
        self._passed = 0
        self._process: subprocess.Popen[bytes] | None = None

    def pass_to(self, process: subprocess.Popen[bytes]) -> None:
        """Tell this process from now on, and of what was heard before."""
        self._process = process
        self._pass_on()

    def heard(self, number: int, _frame: object) -> None:
        """Handle a signal."""
        self.count = self.count + 1 if number == signal.SIGINT else max(self.count, 1)
        self._pass_on()

    def _pass_on(self) -> None:
        # More than two tell terraform nothing new.
        while self._process and self._passed < min(self.count, 2):
            self._passed += 1
            self._process.send_signal(signal.SIGINT)
            tell(_FIRST if self._passed == 1 else _SECOND)


@contextmanager
def interrupts_kept() -> Iterator[Interrupts]:
    """Keep what asks this process to end until the block is done.

    Raises KeyboardInterrupt after it. In any thread but the main one Python hears no signals: the main one
    gets them then, as ever.
    """
    interrupts = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return
    # What is ignored (nohup, a job in the background) stays so.
    heard = [number for number in _ENDING if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, interrupts.heard) for number in heard}
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if interrupts.count:
        raise KeyboardInterrupt
