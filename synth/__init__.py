"""From stage files and adoption records to synthesized stacks."""
