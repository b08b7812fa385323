"""What every construct stands on: names, addresses, expressions, the guard of data."""
