"""Measures Seatwise against the goals of its performance page. Never part of the tests: it takes minutes."""
