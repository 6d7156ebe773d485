"""Autotask PSA."""
