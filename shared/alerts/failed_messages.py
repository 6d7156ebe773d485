"""Work that was given up: its message ended in a poison queue, and somebody should know."""

from collections.abc import Iterator
from datetime import datetime

from shared.storage import keys
from shared.storage.documents import Document
from shared.storage.keys import AccountId
from shared.storage.tables import Put, Tables


class FailedMessage(Document):
    """The newest message of a queue that was given up."""

    queue: str
    why: str
    at: datetime


def record(tables: Tables, account: AccountId, queue: str, why: str, now: datetime) -> None:
    """Remember that work of the account ended in the poison queue of `queue`; the next evaluation shows it."""
    poisoned = FailedMessage(queue=queue, why=why[:1000], at=now)
    tables.commit([Put(keys.failed_message(account, queue), poisoned)])


def recorded(tables: Tables, account: AccountId) -> Iterator[FailedMessage]:
    return (row.read(FailedMessage) for row in tables.rows(keys.alerts(account), keys.FAILED_MESSAGES))
