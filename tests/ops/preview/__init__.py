"""Tests of `ops.preview`."""
