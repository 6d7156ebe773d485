"""Microsoft: sign-in, partner customers, Graph. Complete reads or an error."""
