"""What Seatwise does, independent of how it is called."""
