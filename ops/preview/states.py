"""The previews that there are, by their states: each says in its outputs whose it is and until when.

A preview's file may be on another machine. Its state is where its base's is, under a name that tells it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Final

from aws.client import Clients, ask, ask_all, ask_unless, boto3_clients
from common.errors import UserError
from modules.settings.previews import STAGE_PREFIX, host_of, moment_of
from modules.settings.stage_settings import stack_name
from ops.deployed import Deployed
from terraform.state import State, parse_state

_NO_OBJECT: Final = frozenset({"NoSuchKey", "404"})
_BEGINS: Final = stack_name(STAGE_PREFIX)
_ENDS: Final = ".tfstate"
_LOCAL: Final = "terraform."


@dataclass(frozen=True, kw_only=True)
class Found:
    """A preview whose state is there; of one whose first deploy was cut short some of it is None.

    `objects` is how many the state holds: none of one whose end was cut short.
    """

    name: str
    base: str | None = None
    branch: str | None
    address: str
    expires_at: datetime | None
    first_priority: int | None
    objects: int

    @property
    def stage(self) -> str:
        """Its stage."""
        return f"{STAGE_PREFIX}{self.name}"

    def is_over(self, now: datetime) -> bool:
        """Return whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now


def _outputs(state: State) -> dict[str, str]:
    """Return what a preview's state says of it; nothing where its first deploy was cut short."""
    outputs = state.document.get("outputs") or {}
    return {name: str(each.get("value")) for name, each in outputs.items()}


@dataclass(frozen=True, kw_only=True)
class Previews:
    """The states of the previews of one base."""

    base: Deployed

    def all(self) -> list[Found]:
        """Return the previews that there are, by name. Raises UserError for a state that cannot be read."""
        found = (self._read(name) for name in sorted(self._names()))
        return [each for each in found if each and self._is_ours(each)]

    def named(self, name: str) -> Found | None:
        """Return the preview of this name; None where there is none.

        Raises UserError for another base's: its state would be taken for the one of a new preview.
        """
        found = self._read(name)
        if found and not self._is_ours(found):
            raise UserError(
                f"preview {name} is of stage {found.base}, which keeps its states in the same place: say "
                f"--base {found.base}, or give this one another name"
            )
        return found

    def _is_ours(self, found: Found) -> bool:
        return found.base in (None, self.base.settings.stage)

    def forget(self, name: str) -> None:
        """Delete the state of a preview of which nothing is left."""
        if self.base.settings.state:
            ask(self._clients, "s3", "DeleteObject", Bucket=self._bucket, Key=self.key(name))
            return
        path = self._folder / f"{_LOCAL}{_BEGINS}{name}{_ENDS}"
        for each in (path, path.with_name(f"{path.name}.backup")):
            each.unlink(missing_ok=True)

    def state_of_base(self) -> State | None:
        """Return the base's own state; None before its first deploy."""
        settings = self.base.settings
        text = self._text(settings.local_state, settings.state_key)
        return parse_state(text, source=f"the state of {settings.stage}") if text else None

    def key(self, name: str) -> str:
        """Return the object of a preview's state: beside the base's."""
        return self._beside(f"{_BEGINS}{name}{_ENDS}")

    @property
    def backend(self) -> tuple[str, str]:
        """Return the backend's kind, and what it calls the place of a state."""
        return ("s3", "key") if self.base.settings.state else ("local", "path")

    def place(self, name: str) -> str:
        """Return where a preview's state is, as the backend says it."""
        if self.base.settings.state:
            return self.key(name)
        return str(self._folder / f"{_LOCAL}{_BEGINS}{name}{_ENDS}")

    def _beside(self, name: str) -> str:
        return str(PurePosixPath(self.base.settings.state_key).parent / name)

    def _names(self) -> Iterator[str]:
        if self.base.settings.state:
            begins = self._beside(_BEGINS)
            listed = ask_all(
                self._clients, "s3", "ListObjectsV2", "Contents", Bucket=self._bucket, Prefix=begins
            )
            keys = [str(each["Key"]).removeprefix(begins) for each in listed]
        else:
            begins = f"{_LOCAL}{_BEGINS}"
            keys = [
                path.name.removeprefix(begins) for path in self._folder.glob(f"{begins}*{_ENDS}")
            ]
        yield from (
            key.removesuffix(_ENDS) for key in keys if key.endswith(_ENDS) and "/" not in key
        )

    def _read(self, name: str) -> Found | None:
        file = f"{_LOCAL}{_BEGINS}{name}{_ENDS}"
        text = self._text(file, self.key(name))
        if not text:
            return None
        state = parse_state(text, source=f"the state of preview {name}")
        said = _outputs(state)
        base = self.base.settings
        if said and "PreviewBase" not in said:
            return None  # somebody's stage that is called so
        return Found(
            name=name,
            base=said.get("PreviewBase"),
            branch=said.get("PreviewBranch"),
            address=f"https://{host_of(name, base.domain_name or '')}",
            expires_at=moment_of(said["PreviewExpiresAt"]) if said else None,
            first_priority=int(said["PreviewFirstPriority"]) if said else None,
            objects=len(state.objects),
        )

    def _text(self, file: str, key: str) -> str:
        if not self.base.settings.state:
            path = self._folder / file
            return path.read_text(encoding="utf-8") if path.is_file() else ""
        answer = ask_unless(
            self._clients, "s3", "GetObject", _NO_OBJECT, Key=key, Bucket=self._bucket
        )
        return answer["Body"].read().decode() if answer else ""

    @property
    def _bucket(self) -> str:
        state = self.base.settings.state
        return state.bucket if state else ""

    @property
    def _clients(self) -> Clients:
        return boto3_clients(region=self.base.settings.state_region)

    @property
    def _folder(self) -> Path:
        return self.base.workspace.state_folder
