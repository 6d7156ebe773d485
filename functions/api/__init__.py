"""The HTTP API: one FastAPI app behind one Functions route. One file a resource."""
