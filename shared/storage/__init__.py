"""Where things are kept: tables, blobs, queues and secrets, each behind a small protocol that knows no domain."""
