"""Deploys while things fail, and counts what is left: `python -m dev.fault_injection --help`."""
