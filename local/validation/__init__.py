"""Refuses what AWS refuses and moto lets pass."""
