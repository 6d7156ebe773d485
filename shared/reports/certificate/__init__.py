"""N5: the month-end certificate of an account."""
