"""Secret values: their shapes, and what Secrets Manager holds."""
