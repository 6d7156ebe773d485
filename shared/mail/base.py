"""A mail, and what a transport says became of it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    """Of the file: letters, digits, '.', '_' and '-'."""
    media_type: str
    """Such as "text/csv"."""
    content: bytes
    content_id: str = ""
    """Of a picture that the HTML body shows as `cid:...`; "" is a file beside the mail."""


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
    attachments: tuple[Attachment, ...] = ()


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


class UndeliverableReason(StrEnum):
    """Why a provider delivers nothing to an address, or did not deliver the last mail to it."""

    BOUNCED = "bounced"
    """A mail came back: the address does not exist, or refuses for good."""
    BLOCKED = "blocked"
    """The recipient's server refused a mail; the next one is tried."""
    INVALID = "invalid"
    COMPLAINED = "complained"
    """The recipient marked a mail as spam."""
    UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True, slots=True)
class Undeliverable:
    """What a provider knows of an address that it accepts mails for, but does not deliver to."""

    reason: UndeliverableReason
    why: str = ""
    """The provider's or the recipient's server's own words."""


class CannotTell(Exception):
    """The provider did not say whether it delivers to an address. The text says why, and holds no secret."""


class Transport(Protocol):
    """Hands one mail to a provider, once."""

    def send(self, mail: Mail) -> Receipt: ...

    def undeliverable(self, to: str, since: datetime | None = None) -> Undeliverable | None:
        """Why mails to this address do not arrive although they are accepted; None: nothing is known against it.

        With `since`, also why a mail of that time or later did not arrive. Raises CannotTell.
        """
        ...
