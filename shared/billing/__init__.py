"""What each agreement line should say, and how it gets there exactly once."""
