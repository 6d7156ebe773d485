"""Run Seatwise without any account: a local host, Azurite, and stand-ins that speak the vendors' protocols."""
