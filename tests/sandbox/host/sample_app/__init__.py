"""A small app that does what the host tests need to see."""
