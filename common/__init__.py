"""What every command line here stands on: errors, files, progress, the screen, AWS and Terraform.

Nothing in this package knows of the platform or of adoption.
"""
