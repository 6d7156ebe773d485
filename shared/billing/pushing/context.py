"""What the work on a PSA's agreements needs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from threading import Event
from zoneinfo import ZoneInfo

from shared.billing.psa.base import Psa
from shared.storage.blobs import Blobs
from shared.storage.keys import AccountId
from shared.storage.tables import Tables

SETTLES_AFTER = timedelta(minutes=2)
"""A PSA that gave no clear answer may still apply the request; only after this is "not applied" believed."""


@dataclass(frozen=True, slots=True)
class PushContext:
    """Where, with whom, and in which run."""

    tables: Tables
    blobs: Blobs
    psa: Psa
    account: AccountId
    run: str
    zone: ZoneInfo
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    claim_for: timedelta
    settles_after: timedelta = SETTLES_AFTER
    prices: Callable[[str], Decimal | None] = lambda product_id: None
    """Of a product in the PSA, for prices that track it."""
    texts_refused: Event = field(default_factory=Event)
    """Set once the PSA said that the right to write texts is missing: the others wait for the next run unsent."""

    @property
    def moment(self) -> datetime:
        """Now, in the account's zone: its date is the day that a line is billed on."""
        return self.now().astimezone(self.zone)
