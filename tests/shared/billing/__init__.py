"""Tests of `shared/billing/`."""
