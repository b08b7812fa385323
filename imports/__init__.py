"""Takes over what the legacy `terraform/aws` folder created, without re-creating any of it."""
