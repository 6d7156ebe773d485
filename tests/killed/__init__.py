"""The host is killed at every named point of a night, a mail, a report and a write to each PSA: a command of its own."""
