"""The one exception that a command line shows to its user."""

from collections.abc import Iterable
from pathlib import PurePath


class UserError(Exception):
    """Something the user can mend, in one line: what is wrong, the value, what is allowed, how.

    The message never holds a secret, a line break or an unprintable character, so a command line
    may print it as it is.
    """

    def __init__(self, message: str) -> None:
        """Take `message` and flatten it to one printable line."""
        super().__init__(one_line(message))


class StageError(UserError):
    """The errors of a stage file. `text` has a line for each."""

    def __init__(self, text: str) -> None:
        """Take the errors as they are; the message is flat all the same."""
        super().__init__(text)
        self.text = text


def one_line(text: str) -> str:
    """Return `text` with every run of white space as one blank and the unprintable escaped."""
    flat = " ".join(text.split())
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in flat
    )


def shorten(value: object, *, limit: int = 80) -> str:
    """Return a value as it may stand in a message: quoted, on one line, at most `limit` long.

    A path may be four times as long, and loses its beginning: its end tells one file from another.
    """
    shown = one_line(str(value))
    if isinstance(value, PurePath):
        return f'"...{shown[3 - 4 * limit :]}"' if len(shown) > 4 * limit else f'"{shown}"'
    return f'"{shown[: limit - 3]}..."' if len(shown) > limit else f'"{shown}"'


def listed(items: Iterable[str], *, limit: int = 10) -> str:
    """Return the items as they stand in a message: the first few, and how many more."""
    shown = list(items)
    more = f" and {len(shown) - limit} more" if len(shown) > limit else ""
    return ", ".join(shown[:limit]) + more
