"""Terraform as data (stacks, states, plans) and as a program."""
