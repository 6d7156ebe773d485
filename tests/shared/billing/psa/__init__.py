"""Tests of `shared/billing/psa/`: one contract, and one suite per PSA."""
