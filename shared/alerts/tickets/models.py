"""What an owner chose about tickets, and what is kept of each."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import Field

from shared.alerts.models import Alert
from shared.billing.psa.tickets import NewTicket
from shared.billing.psa_connections import ConnectionFailure
from shared.storage import keys
from shared.storage.documents import Chosen, Document
from shared.storage.keys import AccountId
from shared.storage.tables import Key

MOST_A_DAY = 200


class TicketSettings(Chosen):
    """Off until an owner chose where tickets go. The names are what things were called when they were chosen."""

    on: bool = False
    connection: str = ""
    board: str = ""
    board_name: str = ""
    priority: str = ""
    priority_name: str = ""
    closed_status: str = ""
    closed_status_name: str = ""
    company: str = ""
    """Id of the PSA company for alerts about no company of this PSA."""
    company_name: str = ""
    types: Mapping[str, datetime] = {}
    """By the slug of an alert type that becomes tickets: only alerts that opened after that instant do."""
    at_most: Annotated[int, Field(ge=1, le=MOST_A_DAY)] = 25
    """New tickets on a local day; the rest waits for the next."""


class Opening(NamedTuple):
    """What a ticket is of: one opening of an alert."""

    slug: str
    identity: str
    opened_at: datetime


class TicketProgress(StrEnum):
    SENDING = "sending"
    """It may be there: whoever finds it so looks for it, and never sends it again."""
    NOT_SENT = "not_sent"
    """No request for it left: it is sent again."""
    REFUSED = "refused"
    """The PSA said no: asked again on another day, or when what was wrong with all of them is put right."""
    UNDECIDABLE = "undecidable"
    """It may have been made, and the PSA shows none: a person says which. Found later, it is OPEN."""
    OPEN = "open"
    """Made. People may have closed it since."""
    CLOSED = "closed"
    GONE = "gone"
    """Somebody deleted it."""
    LEFT = "left"
    """Its alert was closed when its PSA connection was gone, or it is not known what closes it: a person does."""


class Ticket(Document):
    """Of one opening of an alert."""

    slug: str
    identity: str
    opened_at: datetime
    connection: str
    new: NewTicket
    progress: TicketProgress
    since: datetime
    tried_on: date | None = None
    """The local date on which the PSA was last asked in vain."""
    why: str = ""
    """In the PSA's words."""
    ticket_id: str = ""
    number: str = ""
    """As people call it."""
    link: str = ""
    closed_status: str = ""
    """What was chosen to close it when it was made; "" of those made before that was kept."""

    @property
    def opening(self) -> Opening:
        return Opening(self.slug, self.identity, self.opened_at)

    def key(self, account: AccountId) -> Key:
        return keys.ticket(account, *self.opening)

    def ended_key(self, account: AccountId) -> Key:
        return keys.ended_ticket(account, *self.opening)


class TicketsState(Document):
    """How far the account's tickets have come. It is written with each of them."""

    made_on: date | None = None
    made: int = 0
    """Tickets that were begun on that local date."""
    waiting: int = 0
    """Alerts that get theirs on another day."""
    failure: ConnectionFailure | None = None
    """Why tickets cannot be made or closed at all."""
    failed_on: date | None = None
    """The local date on which the PSA said so: nothing is asked of it for tickets until the next."""

    def made_today(self, today: date) -> int:
        return self.made if self.made_on == today else 0


def opening(alert: Alert) -> Opening:
    return Opening(alert.finding.slug, alert.finding.identity, alert.opened_at)
