"""Evaluates Terraform configuration: blocks and expressions that python-hcl2 has read, to values."""
