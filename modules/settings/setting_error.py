"""One error in a stage file, as its user reads it."""

from dataclasses import dataclass

from modules.settings.rules.refusal import Refusal
from modules.settings.toml_text import printable, toml_value

_LONGEST = 200


@dataclass(frozen=True, kw_only=True)
class SettingError:
    """One thing wrong in a stage file, in the user's own words for it.

    `allowed` goes on after "must be", and `remedy` says what to do. `rests_on` are the other fields that the
    value is measured by: with one of them mistaken, nothing is known. A credential is not shown, whichever
    field it was pasted into.
    """

    field: str
    value: object
    allowed: str
    remedy: str
    rests_on: tuple[str, ...] = ()

    def __str__(self) -> str:
        value = "(missing)" if self.value is None else toml_value(self.value)
        field = printable(self.field)
        if len(field) > _LONGEST:
            field = f"{field[: _LONGEST - 3]}..."
        return f"{field} = {value}: must be {self.allowed}; {self.remedy}"


@dataclass(frozen=True)
class Place:
    """Where an error is: the field, its value, and the other fields that the value is measured by."""

    field: str
    value: object
    rests_on: tuple[str, ...]

    def must_be(self, allowed: str, remedy: str) -> SettingError:
        """Return the error, with what goes on after "must be", and what to do."""
        return SettingError(
            field=self.field,
            value=self.value,
            allowed=allowed,
            remedy=remedy,
            rests_on=self.rests_on,
        )


def at(field: str, value: object, *rests_on: str) -> Place:
    """Return the place of an error: `at("prefix", "sg-").must_be(ALLOWED, REMEDY)`."""
    return Place(field, value, rests_on)


def refused(field: str, value: object, refusal: Refusal, *rests_on: str) -> SettingError:
    """Return the error of a value that AWS would not take."""
    return at(field, value, *rests_on).must_be(refusal.allowed, refusal.remedy)
