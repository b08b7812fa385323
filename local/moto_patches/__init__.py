"""What moto leaves out and this platform meets."""
