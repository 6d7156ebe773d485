"""Journeys through real processes: Azurite, the stand-ins and the host with the product in it."""
