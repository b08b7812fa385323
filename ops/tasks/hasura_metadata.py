"""Hasura's metadata: files or an exported one, and the call of the metadata API that puts it in place."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from common.errors import UserError
from common.text_files import read_json

METADATA_FILE = "metadata.json"
_WANTED = "Hasura metadata in JSON"
_EXPORT = "write it with `hasura metadata export -o json`"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, kw_only=True)
class Source:
    """Metadata, the file or folder that it was read from, and what there is to say of that."""

    path: Path
    metadata: dict[str, Any]
    note: str = ""


def read_source(source: Path) -> Source:
    """Return the metadata in a file of JSON or YAML, or in a folder of YAML files or with `metadata.json`.

    A project of Hasura's command line has its YAML in the folder `metadata`. Raises UserError for another.
    """
    # graphql takes a third of a second, which other commands need not pay.
    from ops.tasks.metadata_folder import (  # noqa: PLC0415
        VERSION_FILE,
        is_metadata_folder,
        read_metadata_folder,
    )
    from ops.tasks.metadata_yaml import YamlFolder  # noqa: PLC0415

    if source.is_file():
        if source.suffix in {".yaml", ".yml"}:
            document = YamlFolder(source.parent).read(source.name)
            return Source(path=source, metadata=_checked(document, source))
        return Source(path=source, metadata=read_metadata(source))
    folder = next(
        (each for each in (source, source / "metadata") if is_metadata_folder(each)), None
    )
    exported = source / METADATA_FILE
    if folder is None:
        if source.is_dir() and not exported.exists():
            raise UserError(
                f"{source}: it holds no Hasura metadata: allowed: a folder of YAML with {VERSION_FILE}, or "
                f"with {METADATA_FILE}, which `hasura metadata export -o json` writes"
            )
        return Source(path=exported, metadata=read_metadata(exported))
    if exported.exists():
        return Source(
            path=exported,
            metadata=read_metadata(exported),
            note=f"{folder / VERSION_FILE} and its files were not read, for {exported} is there: to take "
            "them, remove it",
        )
    return Source(path=folder, metadata=read_metadata_folder(folder))


def read_metadata(path: Path) -> dict[str, Any]:
    """Return the metadata in an exported file. Raises UserError for what is none."""
    return _checked(read_json(path, wanted=_WANTED, remedy=_EXPORT), path)


def _checked(document: Any, path: Path) -> dict[str, Any]:
    metadata = document.get("metadata", document) if isinstance(document, dict) else None
    if not isinstance(metadata, dict) or "version" not in metadata:
        raise UserError(f"{path}: not {_WANTED}: {_EXPORT}")
    return metadata


def replacement(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return the call that replaces all of it, and refuses what does not fit the database.

    https://hasura.io/docs/2.0/api-reference/metadata-api/manage-metadata/
    """
    return {
        "type": "replace_metadata",
        "version": 2,
        "args": {"allow_inconsistent_metadata": False, "metadata": metadata},
    }


def check_address(address: str) -> None:
    """Raise UserError for an address to which the admin secret must not go."""
    parts = urlsplit(address)
    if parts.hostname and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    ):
        return
    raise UserError(
        f"--endpoint {address}: the admin secret goes there: allowed: https://HOST, or http://localhost:PORT "
        "at the near end of a tunnel"
    )


def post(url: str, body: dict[str, Any], *, secret: str) -> None:
    """Call the metadata API once. Raises UserError, without the secret, when it does not succeed."""
    request = urllib.request.Request(  # noqa: S310  # `check_address` has seen the scheme
        url,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "X-Hasura-Admin-Secret": secret},
    )
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(request, timeout=60) as answer:
            answer.read()
    except urllib.error.HTTPError as error:
        with error:
            said = error.read(400).decode(errors="replace").replace(secret, "...")
        remedy = "correct the metadata"
        if error.code in {301, 302, 307, 308, 404, 405}:
            remedy = "Hasura there does not serve its metadata API: leave --endpoint out for a deployed stage"
        raise UserError(f"{url} answered {error.code} ({said}): {remedy}") from None
    except OSError as error:
        raise UserError(
            f"{url} does not answer ({getattr(error, 'reason', error)}): check the address and the tunnel"
        ) from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the admin secret to where nobody has looked."""

    def redirect_request(self, *_args: object, **_kwargs: object) -> None:
        return None
