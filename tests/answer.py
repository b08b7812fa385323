"""What a command line under test said."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Its exit code, standard output, and standard error."""

    code: int
    text: str
    errors: str
