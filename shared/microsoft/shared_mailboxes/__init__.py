"""The mailboxes of a tenant, which of them are shared and how many of each kind: asked of Exchange, else of Graph."""
