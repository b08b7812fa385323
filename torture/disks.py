"""Disks that are full, or that cannot be written."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from torture.around import give_back
from torture.trial import Outcome, Trial, disk_of, state_folder, trial

_DISK_MIB = 16
_FILLER = "filler"


def full_disk(folder: Path, *, kib: int, everything: bool) -> Outcome:
    """A deploy on a disk with so much left; then the disk is made free again.

    `everything`: the stack's folder is on that disk too, where terraform would put what it cannot store.
    """
    if not everything:
        with trial(folder) as tried, _small_disk(state_folder(folder)) as mounted:
            return _deploy_on(tried, state_folder(folder) if mounted else None, kib=kib)
    disk_of(folder).mkdir(parents=True)
    with _small_disk(disk_of(folder)) as mounted, trial(folder) as tried:
        return _deploy_on(tried, disk_of(folder) if mounted else None, kib=kib)


def read_only(folder: Path) -> Outcome:
    """A state folder that nobody can write, and then can."""
    with trial(folder) as tried, _small_disk(state_folder(folder)) as mounted:
        _set_writable(state_folder(folder), mounted, writable=False)
        finished = tried.deploy()
        _set_writable(state_folder(folder), mounted, writable=True)
        return tried.settle(finished.ok, injected={"read-only": 1})


def _deploy_on(tried: Trial, disk: Path | None, *, kib: int) -> Outcome:
    """Where no disk of ours can be mounted, no file may grow beyond what would be left."""
    if disk is None:
        tried.notes.append("a limit of file size stands for the full disk: mounting needs root")
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
    """A file system of its own at `folder`, if this system lets us mount one; whether it does."""
    options = ["-t", "tmpfs", "-o", f"size={_DISK_MIB}m", "atomic-torture", str(folder)]
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
