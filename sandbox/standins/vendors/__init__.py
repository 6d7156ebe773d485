"""One stand-in per vendor."""
