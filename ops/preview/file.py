"""The stage file of a preview, and its name: made of a branch and of what a base lends."""

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import tomli_w

from common.errors import UserError, shorten
from modules.settings.previews import PREFIX, STAGE_PREFIX, TAG, Preview, host_of
from modules.settings.services import PLACEHOLDERS, SERVICES, Service, names_in_braces
from modules.settings.setting_types import PLAIN_NAME
from modules.settings.stage_settings import StageSettings

_HEADER: Final = """\
# A preview. `python -m ops preview up` writes this file, and `python -m ops preview down` deletes it.
# All that it does not say is as in its base's file.

"""
_TARGET_GROUP: Final = 32
_BRANCH: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+#@-]{0,254}")
_HASH: Final = 4


def checked_branch(branch: str) -> str:
    """Return the branch. Raises UserError for what git would not call one, or what a shell would act on."""
    if not _BRANCH.fullmatch(branch) or ".." in branch or branch.endswith(("/", ".lock")):
        raise UserError(
            f"BRANCH {shorten(branch)}: allowed: a branch's name of letters, digits and ._/+#@-, at most 255"
        )
    return branch


def name_of(branch: str, given: str | None, services: Sequence[str]) -> str:
    """Return the name of a branch's preview: the one that was given, or one made of the branch's.

    Raises UserError for a given one that is no name, or too long for what begins with it.
    """
    longest = _TARGET_GROUP - len(f"{PREFIX}-") - max(map(len, services))
    if given is not None:
        return checked_name(given, longest)
    plain = re.sub(r"[^a-z0-9]+", "-", branch.lower()).strip("-")
    plain = plain if plain[:1].isalpha() else f"b-{plain}"
    if len(plain) <= longest:
        return plain
    digest = hashlib.sha256(branch.encode()).hexdigest()[:_HASH]
    return f"{plain[: longest - _HASH - 1].rstrip('-')}-{digest}"


def checked_name(name: str, longest: int = _TARGET_GROUP - len(f"{PREFIX}-") - 1) -> str:
    """Return a preview's name. Raises UserError for what is none."""
    if not PLAIN_NAME.fullmatch(name) or len(name) > longest:
        raise UserError(
            f"preview {shorten(name)}: allowed: at most {longest} lower-case letters, digits and single "
            'hyphens, a letter first, as in "pr-12"'
        )
    return name


def base_in(path: Path) -> str | None:
    """Return the base that a preview's stage file names; None for another's file, and where there is none."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return None
    preview = document.get("preview")
    base = preview.get("base") if isinstance(preview, dict) else None
    return base if isinstance(base, str) else None


def database_of(name: str) -> str:
    """Return the database of a preview, and its role."""
    return f"preview_{name.replace('-', '_')}"


def stage_file(
    base: StageSettings,
    preview: Preview,
    *,
    name: str,
    services: Sequence[str],
    tags: Mapping[str, str],
    state_key: str | None,
    phase: str,
) -> str:
    """Return the text of a preview's stage file; `tags` are of the services' images, by service."""
    stage = f"{STAGE_PREFIX}{name}"
    every = {*base.services, *base.beside.left_out, *(row.name for row in SERVICES)}
    document: dict[str, Any] = {
        "phase": phase,
        "prefix": f"{PREFIX}{name}",
        "domain_name": host_of(name, base.domain_name or ""),
        "retain_data": False,
        "default_tags": {"Stage": stage, TAG: name},
        "preview": preview.model_dump(exclude_none=True, mode="json"),
        "database": {"name": database_of(name), "login_roles": True},
        "images": {"mirror": "none"},
        **({"state": {"key": state_key}} if state_key else {}),
        "services": {
            each: (
                _row(base.services[each], services, tags.get(each), extended=bool(base.extension))
                if each in services
                else {"enabled": False}
            )
            for each in sorted(every)
        },
    }
    return _HEADER + tomli_w.dumps(document)


def _row(
    row: Service, services: Sequence[str], tag: str | None, *, extended: bool
) -> dict[str, Any]:
    """Return what a service's row has in a preview: one task on Spot, which calls what is there."""
    environment = {
        # All previews and the base share what one instance lets in.
        **{name: "5" for name in row.environment if name == "HASURA_GRAPHQL_PG_CONNECTIONS"},
        # What the base's extension would put in, nobody does here.
        **{name: "" for name, value in row.environment.items() if extended and _is_given(value)},
    }
    return {
        "capacity": "spot-only",
        "min_tasks": 1,
        "max_tasks": 1,
        "traced": False,
        "calls": [each for each in row.calls if each in services],
        # What an extension gives is the base's alone.
        "policies": [each for each in row.policies if each.endswith(".json")],
        "unbounded_policies": [each for each in row.unbounded_policies if each.endswith(".json")],
        **({"environment": environment} if environment else {}),
        **({"image_tag": tag} if tag and row.has_own_image else {}),
    }


def _is_given(value: str) -> bool:
    """Return whether a variable's value has a name in braces that is none of the platform's."""
    return any(each not in PLACEHOLDERS for each in names_in_braces(value))
