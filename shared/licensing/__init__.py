"""Licences of tenants: accepted snapshots, their rows, and their friendly names."""
