"""The version of this project, which is said here alone.

`--version`, the output `InfrastructureVersion` and the cluster's tag take it from here. A test holds
CHANGELOG.md and the fixtures of tests/upgrades to it.
"""

from typing import Final

VERSION: Final = "0.2.0"
