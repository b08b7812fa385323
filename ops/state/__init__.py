"""The bucket of a stage's state, and the state's versions."""
