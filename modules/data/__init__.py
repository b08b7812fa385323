"""What holds data: database, file system, buckets, and their backups."""
