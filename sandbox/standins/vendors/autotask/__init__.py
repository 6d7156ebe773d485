"""A stand-in of Autotask PSA: contracts, contract services, and signed adjustments of their units."""
