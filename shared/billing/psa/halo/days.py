"""Days as they are sent to Halo."""

from datetime import date


def written(on: date) -> str:
    return f"{on.isoformat()}T00:00:00Z"
