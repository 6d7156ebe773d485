"""What the vendors know when a sandbox begins."""
