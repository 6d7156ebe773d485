"""How often an account may do what costs others something: calls to a PSA or to Microsoft, mails to strangers."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.errors import TooOften
from shared.storage import keys
from shared.storage.documents import Document
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Insert, Replace, Tables


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `most` within any span of `within`."""

    name: str
    most: int
    within: timedelta


class Spent(Document):
    """When it was done lately, the oldest first: never more than the limit's `most`."""

    at: tuple[datetime, ...] = ()


def spend(tables: Tables, account: AccountId, limit: RateLimit, now: datetime) -> None:
    """Count one use, also of somebody who is refused later on. Raises TooOften with the time until the next one."""
    key = keys.setting(account, "rate", limit.name)
    while True:
        row = tables.get(key)
        known = row.read(Spent).at if row else ()
        lately = tuple(at for at in known if now - at < limit.within)
        if len(lately) >= limit.most:
            minutes = round(limit.within.total_seconds() / 60)
            raise TooOften(
                lately[0] + limit.within - now, f"it works {limit.most} times in {minutes} minutes"
            )
        spent = Spent(at=(*lately, now))
        try:
            tables.commit([Replace(key, spent, row.etag) if row else Insert(key, spent)])
        except Conflict:
            continue
        return
