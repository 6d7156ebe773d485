"""A mail, and what a transport says became of it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one recipient. Headers must be free of CR and LF; `build` in `message.py` refuses others."""

    id: str
    """Stable id of this very mail (letters, digits, '-'): Message-ID and the provider's reference derive from it."""
    sender: str
    sender_name: str
    reply_to: str
    to: str
    subject: str
    text: str
    html: str
    headers: dict[str, str] = field(default_factory=dict)


class Delivery(StrEnum):
    ACCEPTED = "accepted"
    NOT_NOW = "not_now"
    """A definite temporary refusal, or never reached the provider: may be sent again."""
    REFUSED = "refused"
    """A definite refusal that a repeat will not change: bad address, bad key, unverified sender."""
    UNCLEAR = "unclear"
    """The body left and no clear answer came: shown, not resent."""


@dataclass(frozen=True, slots=True)
class Receipt:
    delivery: Delivery
    reference: str = ""
    """The provider's message id, "" when it gave none."""
    why: str = ""
    """The provider's own words for anything but ACCEPTED; never holds a secret."""


class Transport(Protocol):
    """Hands one mail to a provider, once."""

    def send(self, mail: Mail) -> Receipt: ...
