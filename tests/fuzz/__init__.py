"""Bad input everywhere: whatever it is, an exit code that is promised and no traceback."""
