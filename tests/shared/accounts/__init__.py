"""Tests of shared/accounts."""
