"""Tests of `ops.database`."""
