"""The operator's tools. `python -m ops --help` lists them; each command is a module of its own."""

import common.activated  # noqa: F401  # what follows needs the packages
