"""Which mailboxes of a tenant are shared: asked of Exchange, else of Graph."""
