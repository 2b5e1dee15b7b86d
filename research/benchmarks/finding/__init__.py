"""How long it takes to see what lies on the disk."""
