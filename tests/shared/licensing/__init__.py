"""Tests of shared/licensing."""
