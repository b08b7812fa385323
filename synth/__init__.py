"""From stage files and adoption records to synthesized stacks."""

import common.activated  # noqa: F401  # what follows needs the packages
