"""Adopts what the legacy `terraform/aws` folder created, without re-creating any of it."""

import common.activated  # noqa: F401  # what follows needs the packages
