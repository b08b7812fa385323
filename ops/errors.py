"""The one exception that the operator's tools show to their user."""

from imports.errors import one_line


class OpsError(Exception):
    """Something the user can mend, in one line: what is wrong, the value, what is allowed, how.

    The message never holds a secret, a line break or an unprintable character.
    """

    def __init__(self, message: str) -> None:
        """Take `message` and flatten it to one printable line."""
        super().__init__(one_line(message))
