"""The host is killed at each named point of a night, a mail, a report and a write to a PSA: a command of its own."""
