"""One mistake in a stage file, as its user reads it."""

from dataclasses import dataclass
from typing import Final

from modules.settings.credential_shapes import credential_kind


class Hidden:
    """Stands for a value that must not be shown."""

    def __repr__(self) -> str:
        return "(not shown)"


HIDDEN: Final = Hidden()


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One thing wrong in a stage file, in the user's own words for it.

    `rests_on` are the other fields that it is measured by: with one of them mistaken, nothing is known.
    """

    field: str
    value: object
    allowed: str
    remedy: str
    rests_on: tuple[str, ...] = ()

    def __str__(self) -> str:
        value = "(missing)" if self.value is None else repr(self.value)
        if isinstance(self.value, str) and credential_kind(self.value):
            value = repr(HIDDEN)
        return f"{self.field} = {value}: allowed: {self.allowed}; remedy: {self.remedy}"
