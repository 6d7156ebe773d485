"""Tests of sandbox/host/."""
