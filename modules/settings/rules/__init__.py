"""What AWS keeps for itself or refuses, one file a subject: pure, and each rule with its source.

A rule takes a value and returns a `Refusal`, or None where AWS takes it. The settings refuse by these rules
before anything is deployed; the embedded AWS refuses by the same ones.
"""
