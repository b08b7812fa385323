"""Checks on what is synthesized and planned: checkov and our own, with reviewed exceptions."""

import common.activated  # noqa: F401  # what follows needs the packages
