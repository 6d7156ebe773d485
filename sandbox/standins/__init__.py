"""Stand-ins that speak the vendors' protocols over real HTTP, in one process, with a state that lasts."""
