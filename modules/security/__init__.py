"""Secrets, keys and permissions."""
