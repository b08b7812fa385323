"""Copies of third parties' images in a stage's own registry, by digest and for every processor."""

import shutil
import subprocess
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from common.errors import UserError
from ops.images.engines import run_engine

TOOL: Final = "skopeo"


@dataclass(frozen=True, kw_only=True)
class Copied:
    """One image, where it is kept now, and the digest that both have."""

    image: str
    mirrored_as: str
    digest: str
    was_there: bool


def check_tool() -> None:
    """Raise UserError where skopeo is not on PATH."""
    if shutil.which(TOOL) is None:
        raise UserError(
            f"{TOOL} is not on PATH, and it copies from registry to registry: install it, as in `apt-get "
            f"install {TOOL}` or `brew install {TOOL}`, then run the same command again"
        )


def copy_image(image: str, source: str, destination: str) -> Copied:
    """Copy an image with the manifests of all its platforms, unless its digest is there already.

    Raises UserError where it cannot be read or written, and where the copy has another digest.
    """
    wanted = image_digest(source)
    if wanted is None:
        raise UserError(
            f"{image} cannot be read from its registry: check its name and version, and whether this machine "
            "reaches the registry or is over its limit of downloads"
        )
    was_there = image_digest(destination) == wanted
    if not was_there:
        run_engine(
            [
                TOOL,
                "copy",
                "--all",
                "--preserve-digests",
                f"--src-tls-verify={_verified(source)}",
                f"--dest-tls-verify={_verified(destination)}",
                f"docker://{_by_digest(source, wanted)}",
                f"docker://{destination}",
            ]
        )
    found = image_digest(destination)
    if found != wanted:
        raise UserError(
            f"{destination} has the digest {found}, and {source} has {wanted}: the image was changed on its "
            "way; run the same command again"
        )
    return Copied(image=image, mirrored_as=destination, digest=wanted, was_there=was_there)


def image_digest(reference: str) -> str | None:
    """Return the digest of an image, of the list of all its platforms where it has one; None without it."""
    finished = subprocess.run(
        [
            TOOL,
            "inspect",
            "--raw",
            f"--tls-verify={_verified(reference)}",
            f"docker://{reference}",
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    # A digest is that of the manifest's bytes.
    return None if finished.returncode else f"sha256:{sha256(finished.stdout).hexdigest()}"


def _by_digest(reference: str, digest: str) -> str:
    """Name what was looked at: a tag may have moved since."""
    repository = reference.partition("@")[0]
    head, slash, last = repository.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}@{digest}"


def _verified(reference: str) -> str:
    """Ask for no certificate of a registry on this machine; docker does the same."""
    host = reference.partition("/")[0].partition(":")[0]
    return "false" if host in {"localhost", "127.0.0.1"} else "true"
