"""Draws a stage's architecture from its synthesized stack."""
