"""What can be changed on the vendors' side of a sandbox."""
