"""AWS as a service: its clients, and how its objects are named."""
