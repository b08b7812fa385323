"""What `make setup` runs. Standard library only: it works before anything is installed."""
