"""What stays as its owner has set it: `keep_as_found` and `allow_overwrite` of the stage file.

A document that is kept is none of the stage's: the resource that would replace it is left out. An attribute
that is kept is described as the adoption record has it.
"""

from collections.abc import Iterator, Mapping, Set
from typing import Any

from aws.client import Clients
from aws.resources import DOCUMENTS, RESOURCES
from common.errors import UserError
from modules.settings.setting_error import SettingError
from modules.settings.stage_settings import StageSettings
from terraform.overwrites import held_document
from terraform.references import addresses
from terraform.resolving import text
from terraform.stack import Stack

_CHOSEN = frozenset(
    (each.type, attribute) for each in RESOURCES.values() for attribute in each.chosen
)


def refuse_unknown(stage: StageSettings) -> None:
    """Raise UserError for an address that nobody's document or choice can be at."""
    attributes = sorted(f"{type_}.NAME.{attribute}" for type_, attribute in _CHOSEN)
    for field, values, allowed in (
        ("keep_as_found", stage.keep_as_found, [*sorted(DOCUMENTS), *attributes]),
        (
            "allow_overwrite",
            stage.allow_overwrite,
            sorted(DOCUMENTS | {type_ for type_, _ in _CHOSEN}),
        ),
    ):
        for value in values:
            type_, _, name = value.partition(".")
            name, _, attribute = name.partition(".")
            kind = f"{type_}.NAME.{attribute}" if attribute else type_
            if not name or kind not in allowed:
                error = SettingError(
                    field=field,
                    value=value,
                    allowed="an address that the gate has named, of the type " + ", ".join(allowed),
                    remedy="run `python -m ops gate`, or delete it",
                )
                raise UserError(f"{stage.stage}.toml: {error}")


def leave_out(document: dict[str, Any], kept: Set[str]) -> None:
    """Take the documents of `keep_as_found` out of a stack, and the order that waits for them.

    Raises UserError for one that something else is made of.
    """
    kept = {address for address in kept if address.partition(".")[0] in DOCUMENTS}
    resources = document["resource"]
    for address in sorted(kept):
        type_, _, name = address.partition(".")
        if resources.get(type_, {}).pop(name, None) is not None and not resources[type_]:
            del resources[type_]
        # What a deploy has put there in the meantime is left there too.
        removed = {"from": address, "lifecycle": {"destroy": False}}
        document.setdefault("removed", []).append(removed)
    for type_, named in resources.items():
        for name, resource in named.items():
            waits = [each for each in resource.get("depends_on", ()) if each not in kept]
            if len(waits) != len(resource.get("depends_on", ())):
                resource["depends_on"] = waits
            needed = sorted(addresses(resource) & kept)
            if needed:
                raise UserError(
                    f"keep_as_found names {needed[0]}, which {type_}.{name} is made of: take it out of "
                    "the list"
                )


def set_by_somebody(
    stack: Stack,
    observed: Mapping[str, Mapping[str, Any]],
    ids: Mapping[str, str],
    clients: Clients,
) -> Iterator[str]:
    """Yield what a stack would replace, as `keep_as_found` names it: documents in AWS, and what was chosen.

    `observed` are the attributes of the adopted objects by address, `ids` their import ids.
    Raises UserError when AWS refuses to tell.
    """

    def known(address: str) -> Mapping[str, Any] | None:
        return {**observed[address], "id": ids[address]} if address in observed else None

    for address, resource in stack.resources.items():
        row, set_to = RESOURCES.get(resource.type), resource.attributes
        if row is None:
            continue
        if address in observed:
            found = observed[address]
            for attribute, gives_up in row.chosen.items():
                if gives_up(found.get(attribute), set_to.get(attribute)):
                    yield f"{address}.{attribute}"
        elif row.document:
            after = {**set_to, **{part: text(set_to.get(part), known) for part in row.key}}
            held = held_document(resource.type, after, clients)
            if held is not None and held != row.document.planned(after):
                yield address
