"""What an AWS in memory by other people makes of dev: `make second-opinion`."""
