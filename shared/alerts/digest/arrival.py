"""Whether a mail that was accepted arrived: what one that came back had told is new again."""

import logging
from collections.abc import Sequence
from datetime import datetime

from shared.accounts import due_work
from shared.accounts.account import Account
from shared.alerts.digest.memory import DigestMemory
from shared.mail import delivery
from shared.mail.base import CannotTell, Transport, Undeliverable, UndeliverableReason
from shared.mail.records import MailName, MailRow, MailState, newest_mails
from shared.storage import keys
from shared.storage.tables import RowChange, Tables

_log = logging.getLogger("seatwise.mail")

DIGEST, URGENT = "digest", "urgent"
KINDS = frozenset({DIGEST, URGENT})
"""Mails about alerts. Others, such as invitations, are sent again by whoever sends them."""
_NOT_DELIVERED = frozenset(
    {UndeliverableReason.BOUNCED, UndeliverableReason.BLOCKED, UndeliverableReason.INVALID}
)
"""Whoever complained or unsubscribed had read the mail."""


def take_back_what_did_not_arrive(
    tables: Tables, transport: Transport, account: Account, now: datetime
) -> None:
    """Ask about each recipient's newest mail that was accepted; the judgement that follows tells the others.

    Raises RetryLater when a mail to one of them was just settled.
    """
    today = now.astimezone(account.zone).date()
    newest = newest_mails(tables, account.id, today, KINDS)
    for recipient in account.digest.everybody:
        mail = newest.get(recipient)
        known = _did_not_arrive(transport, mail) if mail is not None else None
        if mail is not None and known is not None:
            _log.error("the mail %s was accepted and did not arrive: %s", mail.mail_id, known.reason)
            due_work.advance(tables, account, urgent_again_on=today)  # first: repeated, it does no harm
            _take_back(tables, account, mail, known, now)


def _did_not_arrive(transport: Transport, mail: MailRow) -> Undeliverable | None:
    if mail.state is not MailState.DONE:
        return None
    try:
        known = transport.undeliverable(mail.recipient, mail.since)
    except CannotTell as error:
        _log.warning("nobody knows whether the mail %s arrived: %s", mail.mail_id, error)
        return None
    return known if known is not None and known.reason in _NOT_DELIVERED else None


def _take_back(tables: Tables, account: Account, mail: MailRow, known: Undeliverable, now: datetime) -> None:
    key = keys.digest_memory(account.id, mail.recipient)

    def forget() -> Sequence[RowChange]:
        row = tables.get(key)
        return [delivery.over(key, row.read(DigestMemory).taken_back(), row)] if row else []

    name = MailName(account.id, mail.kind, mail.on, mail.recipient)
    delivery.take_back(tables, name, known, forget, now)
