"""From snapshots and mappings to a plan: what each line should say, and what must wait."""
