"""Disks that are full, or that cannot be written."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from dev.fault_injection.around import give_back
from dev.fault_injection.trial import Outcome, Trial, disk_of, state_folder, trial

_DISK_MIB = 16
# What a mount shows as its device, with the process that mounted it: one that is gone will not unmount it.
_DEVICE = "atomic-torture"
_MOUNTS = Path("/proc/mounts")
_FILLER = "filler"


def full_disk(folder: Path, *, kib: int, everything: bool) -> Outcome:
    """Deploy on a disk with so much left; then free the disk again.

    `everything`: the stack's folder is on that disk too, where terraform would put what it cannot store.
    """
    if not everything:
        with trial(folder) as tried, _small_disk(state_folder(folder)) as mounted:
            return _deploy_on(tried, state_folder(folder) if mounted else None, kib=kib)
    disk_of(folder).mkdir(parents=True)
    with _small_disk(disk_of(folder)) as mounted, trial(folder) as tried:
        return _deploy_on(tried, disk_of(folder) if mounted else None, kib=kib)


def read_only(folder: Path) -> Outcome:
    """Deploy with a state folder that nobody can write, and then can."""
    with trial(folder) as tried, _small_disk(state_folder(folder)) as mounted:
        _set_writable(state_folder(folder), mounted, writable=False)
        finished = tried.deploy()
        _set_writable(state_folder(folder), mounted, writable=True)
        return tried.settle(finished.ok, injected={"read-only": 1})


def unmount_left_over() -> None:
    """Take away the disks of runs that were killed; those of a run that goes on beside this one stay."""
    if os.geteuid() != 0 or not _MOUNTS.exists():
        return
    for folder in left_over(_MOUNTS.read_text(), is_alive=_is_alive):
        subprocess.run(["umount", "--lazy", folder], capture_output=True, check=False)


def _is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def left_over(mounts: str, *, is_alive: Callable[[int], bool]) -> list[Path]:
    """Find the disks of processes that are gone, in a list of mounts such as /proc/mounts."""
    found = []
    for line in mounts.splitlines():
        device, folder, *_ = line.split(" ")
        name, _, pid = device.rpartition("-")
        if name == _DEVICE and pid.isdigit() and not is_alive(int(pid)):
            # A blank in a path is told as \040.
            found.append(Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), folder)))
    return found


def _deploy_on(tried: Trial, disk: Path | None, *, kib: int) -> Outcome:
    """Let no file grow beyond what would be left, where no disk of ours can be mounted.

    That holds of errored.tfstate too, on whichever disk it is.
    """
    if disk is None:
        tried.notes.append(
            "a limit on every file's size stands for the full disk: mounting needs root"
        )
        limited = replace(tried, prefix=("prlimit", f"--fsize={kib * 1024}", "--"))
        finished = limited.deploy()
    else:
        usage = os.statvfs(disk)
        filler = disk / _FILLER
        filler.write_bytes(bytes(max(0, usage.f_bavail * usage.f_frsize - kib * 1024)))
        finished = tried.deploy()
        filler.unlink()
    give_back(tried)
    return tried.settle(finished.ok, injected={"full disk": 1})


@contextmanager
def _small_disk(folder: Path) -> Iterator[bool]:
    """Mount a file system of its own at `folder`, if this system lets us; yield whether it does."""
    device = f"{_DEVICE}-{os.getpid()}"
    options = ["-t", "tmpfs", "-o", f"size={_DISK_MIB}m", device, str(folder)]
    mounted = os.geteuid() == 0 and (
        subprocess.run(["mount", *options], capture_output=True, check=False).returncode == 0
    )
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _set_writable(folder: Path, mounted: bool, *, writable: bool) -> None:
    """Permissions do not hold root back, a mount does."""
    if mounted:
        option = f"remount,{'rw' if writable else 'ro'}"
        subprocess.run(["mount", "-o", option, str(folder)], check=True)
    else:
        folder.chmod(0o700 if writable else 0o500)
