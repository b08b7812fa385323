"""Says on one page what a plan would do."""
