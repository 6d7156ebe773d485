"""Clients that nobody here wrote, unmodified, against the stand-ins."""
