"""A legacy base that Terraform made: its state, its configuration, its objects in AWS."""
