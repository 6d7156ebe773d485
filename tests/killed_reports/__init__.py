"""The host is killed at every named point of a monthly report's way: a command of its own, `make killed-reports`."""
