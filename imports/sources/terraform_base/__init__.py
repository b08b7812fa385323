"""A folder of Terraform whose state may be lost: Terraform itself says what it configures."""
