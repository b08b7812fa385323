"""Deploys while things fail, and counts what is left: `python -m torture --help`."""
