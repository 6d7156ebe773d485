"""The one way out: a client that is patient with reads and strict with writes."""
