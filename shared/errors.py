"""How a piece of work can end without being a bug: later, never, or because the thing is not there."""

from datetime import timedelta


class RetryLater(Exception):
    """Not now: the queue edge puts the message back, visible again after `after`. Waiting is not a failure."""

    def __init__(self, after: timedelta, why: str) -> None:
        super().__init__(f"{why}; again in {after.total_seconds():.0f} s")
        self.after = after
        self.why = why


class TooOften(RetryLater):
    """A person asked for something costly again too soon; `after` is how long to wait."""


class Rejected(Exception):
    """Never: the request cannot be carried out. `reason` is a sentence for a person.

    `code` names the kind of refusal for programs; `field` is the input that must change, "" when it is none.
    """

    def __init__(self, reason: str, code: str = "rejected", field: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.field = field


class NotFound(Exception):
    """The account has no such thing. Another account's thing is not found either."""


class AccountGone(NotFound):
    """There is no such account, or no longer."""
