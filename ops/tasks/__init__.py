"""What runs once inside a stage."""
