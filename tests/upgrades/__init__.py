"""What each released version synthesized, so that the present one can be planned on it."""
