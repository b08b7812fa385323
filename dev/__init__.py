"""For who works on this project: set-up, benchmarks, fault injection."""
