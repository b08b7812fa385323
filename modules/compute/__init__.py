"""The services: cluster, registries, tasks, scaling."""
