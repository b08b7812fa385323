"""The platform as CDKTF constructs, and the pure functions that they are made from.

Data flows one way: a stage's settings -> `platform_stack` -> the constructs here -> Terraform JSON.
Nothing in this package reads the environment, the network or `imports/`.
"""
