"""The labels of a secret's first version."""

from typing import Final

# Secrets Manager moves its own label on with each value; this one stays, and keeps the version.
FIRST: Final = "ATOMIC_FIRST"
