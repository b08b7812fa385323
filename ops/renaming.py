"""A service's new name, written into a stage file: its registry, route and old name inside are kept."""

from typing import Any

import tomlkit

from common.errors import UserError
from modules.settings.services import SERVICES, Service
from modules.settings.stage_settings import StageSettings
from ops.images.image_tags import with_change

_BUILT_IN = frozenset(row.name for row in SERVICES)


def renamed(text: str, settings: StageSettings, old: str, new: str) -> str:
    """Return a stage file's text in which the service `old` is called `new`.

    One of the application's own is left out, and `new` has its whole row. Raises UserError where that cannot
    be written, or would not be a stage file.
    """
    row = settings.services[old]
    if new in settings.services or new in settings.beside.left_out:
        raise UserError(f"stage {settings.stage} has a service {new} already: choose another name")
    if row.renamed_from:
        raise UserError(
            f"{old} was {row.renamed_from} before, and a service is renamed once: its registry and route "
            "are known by one former name"
        )

    def change(document: Any) -> None:
        services: Any = document.setdefault("services", tomlkit.table(is_super_table=True))
        own = services.pop(old, None)
        table = _whole_row(row) if old in _BUILT_IN else own
        table |= _kept(row, old)
        for caller, calls in _calling(settings, old, new).items():
            place = table if caller == new else services.setdefault(caller, tomlkit.table())
            place["calls"] = calls
        services[new] = table
        if old in _BUILT_IN:
            services[old] = {"enabled": False}
        elif row.uses_database or row.uses_file_storage:
            services[old] = _empty_group(row)

    by_hand = "the new table (docs/runbooks/rename-service.md)"
    return with_change(text, change, stage=settings.stage, by_hand=by_hand)


def _whole_row(row: Service) -> dict[str, Any]:
    """Return all that a row says, as a stage file would."""
    found = row.model_dump(mode="json", exclude_unset=True, exclude={"name", "enabled"})
    # What the stage's own secrets have put there is found anew.
    found["secrets"] = {
        variable: value
        for variable, value in row.secrets.items()
        if variable not in row.optional_secrets
    }
    return {key: value for key, value in found.items() if value not in (None, {}, [])}


def _kept(row: Service, old: str) -> dict[str, Any]:
    """Return what keeps the images, the place that they are built from, and the name that others know."""
    kept: dict[str, Any] = {"renamed_from": old}
    if row.has_own_image and not (row.build_context or row.build_folder):
        kept["build_context"] = old
    if row.port:
        kept["aliases"] = [*row.aliases, old]
    return kept


def _empty_group(row: Service) -> dict[str, Any]:
    """Return the table of a service that is left out, for the group that the data's still names."""
    uses = {
        "uses_database": row.uses_database,
        "uses_file_storage": row.uses_file_storage,
    }
    return {
        "enabled": False,
        "build_context": row.build_context or row.name,
        **{name: True for name, is_used in uses.items() if is_used},
    }


def _calling(settings: StageSettings, old: str, new: str) -> dict[str, list[str]]:
    """Return what those call that call it, by their names of then."""
    return {
        (new if name == old else name): [new if called == old else called for called in row.calls]
        for name, row in settings.services.items()
        if old in row.calls
    }
