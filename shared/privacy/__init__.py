"""What a person may ask of everything that is kept of an account: all of it, or that nothing is left."""
