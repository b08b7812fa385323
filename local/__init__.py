"""An AWS on this machine, to try the platform on and to test it with."""

import common.activated  # noqa: F401  # what follows needs the packages
