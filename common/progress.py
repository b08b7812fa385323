"""How a long operation tells its caller what it is doing."""

from collections.abc import Callable

Progress = Callable[[str], None]
"""Takes each step's name as the step begins."""
