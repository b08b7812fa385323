"""What prowler finds in a deployed prod: `make prowler`."""
