"""The two ways a piece of queued work can end without being a bug."""

from datetime import timedelta


class RetryLater(Exception):
    """Not now: the queue edge puts the message back, visible again after `after`. Waiting is not a failure."""

    def __init__(self, after: timedelta, why: str) -> None:
        super().__init__(f"{why}; again in {after.total_seconds():.0f} s")
        self.after = after
        self.why = why


class Rejected(Exception):
    """Never: the request cannot be carried out. `reason` is a sentence for a person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
