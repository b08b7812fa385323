"""Checks on what is synthesized and planned: checkov and our own, with reviewed exceptions."""
