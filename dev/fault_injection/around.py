"""Faults around the calls: credentials, the clock, an outage, a kill, two deploys at once."""

import json
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path

from dev.fault_injection.proxy import Proxy
from dev.fault_injection.trial import STACK, STATE_BUCKET, Outcome, Trial, trial
from local.faults import FaultSettings
from terraform.state_file import CUT_SHORT, lock_info_path
from terraform.state_lock import lost_state


def failing_calls(folder: Path, *, settings: FaultSettings, small: bool = True) -> Outcome:
    """A share of the calls fails, throughout a deploy."""
    with trial(folder, small=small) as tried:
        tried.emulator.inject(settings)
        return tried.settle(tried.deploy().ok, injected={})


def credentials_expire(folder: Path, *, after_calls: int, remote_state: bool) -> Outcome:
    """They expire in the middle of a deploy, and are renewed for what follows.

    The provider asks EC2 again and again then, so that a person has to press Ctrl-C.
    """
    with trial(folder, remote_state=remote_state) as tried:
        tried.emulator.inject(FaultSettings(expire_after_calls=after_calls))
        running = tried.start()
        while not (running.ended or tried.emulator.injected()):
            time.sleep(1)
        finished = running.finish(interrupt_after_seconds=45)
        injected = tried.emulator.injected()
        tried.emulator.inject(FaultSettings())
        give_back(tried)
        return tried.settle(finished.ok, injected=injected)


def clock_off(folder: Path, *, offset_seconds: float, from_made: int) -> Outcome:
    """AWS's clock is not ours, from some moment on, until the deploy has ended."""
    with trial(folder) as tried:
        running = tried.start()
        running.wait_for(from_made)
        tried.emulator.inject(FaultSettings(clock_offset_seconds=offset_seconds))
        finished = running.finish(interrupt_after_seconds=45)
        return tried.settle(finished.ok, injected={})


def standstill(folder: Path, *, after_made: int, seconds: float) -> Outcome:
    """AWS does not answer for a time, then answers what it was asked."""
    with trial(folder) as tried:
        running = tried.start()
        running.wait_for(after_made)
        tried.emulator.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        tried.emulator.process.send_signal(signal.SIGCONT)
        return tried.settle(running.finish().ok, injected={"standstill": 1})


def cut_off(folder: Path, *, after_made: int, seconds: float) -> Outcome:
    """Connections break and are refused for a time; AWS remembers what it has done."""
    with trial(folder) as tried:
        proxy = Proxy(int(tried.emulator.url.rpartition(":")[2]))
        try:
            running = tried.through(f"http://127.0.0.1:{proxy.port}").start()
            running.wait_for(after_made)
            proxy.kill()
            time.sleep(seconds)
            proxy.start()
            finished = running.finish()
        finally:
            proxy.kill()
        return tried.settle(finished.ok, injected={"cut off": 1})


def killed(
    folder: Path, *, after_made: int, small: bool = True, remote_state: bool = False
) -> Outcome:
    """Every process of the deploy is killed at once."""
    with trial(folder, small=small, remote_state=remote_state) as tried:
        running = tried.start()
        running.wait_for(after_made)
        at_work = running.kill()
        finished = running.finish()
        if remote_state:
            _unlock(tried)
        return tried.settle(finished.ok, injected={"killed": int(at_work)})


def interrupted(
    folder: Path, *, after_made: int, times: int = 1, small: bool = True, remote_state: bool = False
) -> Outcome:
    """Ctrl-C on the terminal of the deploy: the state has to be whole, and nobody may hold it."""
    with trial(folder, small=small, remote_state=remote_state) as tried:
        running = tried.start_on_terminal()
        running.wait_for(after_made)
        pressed = 0 if running.ended else times
        for _ in range(pressed):
            running.press_ctrl_c()
            time.sleep(0.1)
        finished = running.finish()
        _hand_on_the_note(tried)
        left = _left_behind(tried)
        outcome = tried.settle(finished.ok, injected={"Ctrl-C": pressed})
        return replace(outcome, lost=(*outcome.lost, *left))


def _hand_on_the_note(tried: Trial) -> None:
    """A small stage is deployed in a folder of its own; recover looks for word of it in the stack's."""
    stack = tried.workspace.outdir / "stacks" / STACK / CUT_SHORT
    note = tried.terraform.folder / CUT_SHORT
    if tried.small and note.exists():
        stack.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(note, stack)


def _left_behind(tried: Trial) -> list[str]:
    """What an interrupted deploy must not leave: a lock, or a state that cannot be read."""
    if tried.remote_state:
        listed = tried.client("s3").list_objects_v2(Bucket=STATE_BUCKET).get("Contents", ())
        locked = any(item["Key"].endswith(".tflock") for item in listed)
    else:
        locked = lock_info_path(tried.state_file).exists()
    unreadable = tried.terraform.state_pull().exit_code
    lost = not tried.remote_state and lost_state(tried.state_file)
    return [
        *(["the lock: it was left behind"] if locked else []),
        *(["the state: it could not be read"] if unreadable or lost else []),
    ]


def two_at_once(
    folder: Path, *, apart_seconds: float, small: bool = True, remote_state: bool = False
) -> Outcome:
    """Two deploys of the same stage: one goes through, the other waits or is refused."""
    with trial(folder, small=small, remote_state=remote_state) as tried:
        first = tried.start()
        time.sleep(apart_seconds)
        second = tried.start()
        ends = (first.finish(), second.finish())
        refused = sum("Error acquiring the state lock" in end.text for end in ends)
        tried.notes.append(f"{refused} refused by the lock")
        return tried.settle(any(end.ok for end in ends), injected={"second deploy": 1})


def _unlock(tried: Trial) -> None:
    """A killed terraform leaves its lock in S3 behind: somebody has to take it away."""
    s3 = tried.client("s3")
    for item in s3.list_objects_v2(Bucket=STATE_BUCKET).get("Contents", ()):
        if item["Key"].endswith(".tflock"):
            lock = json.loads(s3.get_object(Bucket=STATE_BUCKET, Key=item["Key"])["Body"].read())
            tried.terraform.checked("force-unlock", "-force", lock["ID"])
            tried.notes.append("lock taken away with force-unlock")


def give_back(tried: Trial) -> None:
    """What a person does after terraform could not store its state, before anything else.

    A local state file that broke off is put aside, for no terraform command works with it. Then
    errored.tfstate is pushed, as terraform's message says, where it is whole.
    """
    if tried.remote_state:
        _unlock(tried)
    elif tried.terraform.state_pull().exit_code:
        tried.state_file.rename(tried.state_file.with_suffix(".broken"))
        tried.notes.append("a state file that broke off put aside")
    left = tried.terraform.folder / "errored.tfstate"
    if left.exists():
        pushed = tried.terraform("state", "push", left.name)
        left.unlink()
        told = "pushed" if pushed.exit_code == 0 else "broke off too"
        tried.notes.append(f"errored.tfstate {told}")
