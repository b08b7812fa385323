"""What a stage costs: prices, and the resources that they are laid over."""
