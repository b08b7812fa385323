"""What cfn-lint makes of the templates that a retirement sends: `make cfn-lint`."""
