"""The database's schema and login roles: what runs inside the stage, and what its secrets then say."""
