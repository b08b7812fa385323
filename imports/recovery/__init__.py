"""Finds the objects that a stage's state has lost, and writes them into it again."""
