"""What no text of a stage file holds, whatever it is for."""

from modules.settings.characters import pasted_by_mistake
from modules.settings.rules.refusal import Refusal


def visible_text(value: str) -> Refusal | None:
    """Refuse a character that nobody sees: it came along when the text was pasted."""
    unseen = pasted_by_mistake(value)
    return without(unseen) if unseen else None


def without(unseen: str) -> Refusal:
    """Refuse a text for the kind and place of a character in it."""
    return Refusal(
        allowed="text of characters that one can see", remedy=f"type it anew, without {unseen}"
    )
