"""A raw request becomes a record. Pure; compiled once at start."""
