"""What runs of a stage now, as AWS tells it: services, database, alarms."""
