"""The docs as a static site, of the same files: `make docs`."""
