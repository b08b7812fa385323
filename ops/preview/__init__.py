"""Previews: short-lived stages of a branch on parts that a base stage lends."""
