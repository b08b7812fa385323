"""A container that runs for a moment, to be looked at, and that is gone afterwards whatever happens."""

import json
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from common.errors import UserError
from ops.images.chroot import started_chroot
from ops.images.container import Container, ImageConfig, Launch
from ops.images.daemon import started_by_daemon
from ops.images.engines import ask_engine
from terraform.interrupts import interrupts_kept

UNTESTED: Final[Mapping[str, tuple[str, ...]]] = {
    "docker": (),
    "podman": (),
    "buildah": (
        "a read-only root file system",
        "mounted folders",
        "the memory limit",
        "a network of its own",
    ),
}
"""What an engine does not do as Fargate does."""
_AT_ONCE: Final[Mapping[str, tuple[str, ...]]] = {
    "buildah": (),
    # It waits ten seconds first, even so: most programs that are process 1 do not hear SIGTERM.
    "podman": ("-f", "--time", "0"),
}


def read_config(engine: str, image: str) -> ImageConfig:
    """Return what an image says of itself. Raises UserError where this machine has none, or does not say."""
    command = (
        ["buildah", "inspect", "--type", "image", image]
        if engine == "buildah"
        else [engine, "image", "inspect", image]
    )
    printed = ask_engine(command)
    if printed is None:
        raise UserError(
            f"{engine} has no image {image}: build it first, `python -m ops images build`, or name one that "
            "is there with --tag"
        )
    try:
        document: Any = json.loads(printed)
        whole = document["OCIv1"] if engine == "buildah" else document[0]
        config = whole.get("config" if engine == "buildah" else "Config") or {}
    except (ValueError, LookupError, TypeError, AttributeError):
        raise UserError(
            f"`{' '.join(command)}` describes no image, it says {printed.strip()[:80] or 'nothing'}: "
            f"look what {engine} is"
        ) from None
    return ImageConfig(
        architecture=str(whole.get("architecture") or whole.get("Architecture")),
        environment=dict(each.partition("=")[::2] for each in config.get("Env") or ()),
        working_folder=config.get("WorkingDir") or "/",
        program=tuple(config.get("Entrypoint") or ()),
        command=tuple(config.get("Cmd") or ()),
    )


@contextmanager
def started(engine: str, launch: Launch, config: ImageConfig) -> Iterator[Container]:
    """Run a container for the block. Raises UserError when the engine cannot start it."""
    remove = [engine, "rm", *_AT_ONCE.get(engine, ("-f",)), launch.name]
    with _ended_as_by_ctrl_c(), tempfile.TemporaryDirectory(prefix="atomic-images-") as folder:
        try:
            if engine == "buildah":
                with started_chroot(launch, config, Path(folder) / "output") as chroot:
                    yield chroot
            else:
                yield started_by_daemon(engine, launch)
        finally:
            # A second Ctrl-C should not leave it running.
            with interrupts_kept():
                ask_engine(remove)


@contextmanager
def _ended_as_by_ctrl_c() -> Iterator[None]:
    """Let SIGTERM and a closed terminal be answered as Ctrl-C is: what is running is removed first."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = [
        number
        for number in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is not signal.SIG_IGN
    ]
    before = {number: signal.signal(number, signal.default_int_handler) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
