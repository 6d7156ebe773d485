"""Management by exception: what a person should fix, once, in one mail."""
