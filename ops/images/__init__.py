"""Container images: how they are built, tagged and pushed."""
