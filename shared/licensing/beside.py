"""What is read of a tenant beside its licences, shared mailboxes and terms: it may fail without harm to them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.accounts.models import Account
from shared.licensing import terms
from shared.licensing.models import Head, Mailboxes, Terms, Trouble
from shared.microsoft.connector import Microsoft
from shared.microsoft.models import Blame, MailboxRead, NotRead, PartnerConnection, TenantRead, Term

MOST_MAILBOXES: Final = 300
"""More shared mailboxes with licences than this are counted, not named: a head is one row."""
NONE_LEFT: Final = Trouble(
    blame=Blame.INVALID,
    code="no shared mailboxes",
    sentence="Microsoft lists no shared mailboxes at all any more, which is hard to believe. Seatwise reads once more "
    "before it takes that for true.",
)
INTERRUPTED: Final = Trouble(
    blame=Blame.TRANSIENT,
    code="interrupted",
    sentence="Reading the shared mailboxes was broken off. Seatwise tries again at the next run.",
)

NO_IDS: Final = Trouble(
    blame=Blame.INVALID,
    code="no commerce ids",
    sentence="Microsoft does not say any more which subscription is which in Partner Center. Seatwise keeps the terms "
    "it knew, and asks again by itself.",
)


@dataclass(frozen=True, slots=True)
class Beside:
    """What was read, or why it was not; None: nobody asked."""

    mailboxes: MailboxRead | Trouble | None = None
    terms: tuple[Term, ...] | Trouble | None = None

    def on(self, head: Head, began: datetime) -> Head:
        """The head with it. `began` is when the read began that it came with."""
        return head.model_copy(
            update={
                "mailboxes": _mailboxes(head.mailboxes, self.mailboxes, began),
                "terms": head.terms if self.terms is None else _terms(head, self.terms, began),
            }
        )


NOTHING: Final = Beside()


def unread(account: Account) -> Beside:
    """What stands when the reading ends in the middle: the list as it was, where anybody watches it."""
    return Beside(mailboxes=INTERRUPTED) if account.watches_shared_mailboxes else NOTHING


def read(
    microsoft: Microsoft,
    account: Account,
    connection: PartnerConnection,
    head: Head,
    licences: TenantRead,
    *,
    in_turn: bool,
) -> Beside:
    """Read what the account watches. `in_turn`: the terms are due by the calendar, not only after a change."""
    mailboxes: MailboxRead | Trouble | None = None
    told: tuple[Term, ...] | Trouble | None = None
    if account.watches_shared_mailboxes:
        try:
            mailboxes = microsoft.shared_mailboxes(account.id, connection, licences)
        except NotRead as failed:
            mailboxes = Trouble.of(failed)
    if account.watches_terms and (in_turn or terms.changed(head, licences)):
        try:
            told = microsoft.terms(account.id, connection, licences.tenant_id)
        except NotRead as failed:
            told = Trouble.of(failed)
    return Beside(mailboxes, told)


def _mailboxes(
    before: Mailboxes | None, told: MailboxRead | Trouble | None, began: datetime
) -> Mailboxes | None:
    if told is None:
        return None
    if isinstance(told, MailboxRead) and not told.listed and before is not None and before.licensed:
        # Taking a licence away leaves the mailbox listed: an empty list is true only when it is repeated.
        told = told if before.trouble == NONE_LEFT else NONE_LEFT
    if isinstance(told, Trouble):
        return (before or Mailboxes()).model_copy(update={"trouble": told})
    return Mailboxes(
        began=began,
        source=told.source,
        licensed=told.licensed[:MOST_MAILBOXES],
        more=max(0, len(told.licensed) - MOST_MAILBOXES),
    )


def _terms(head: Head, told: tuple[Term, ...] | Trouble, began: datetime) -> Terms:
    if isinstance(told, Trouble):
        return (head.terms or Terms()).model_copy(update={"trouble": told})
    subscriptions = head.snapshot.subscriptions if head.snapshot else ()
    bought = {one.commerce_id for one in subscriptions if one.commerce_id}
    if told and subscriptions and not bought and head.terms is not None and head.terms.known:
        # Nothing can be joined: that is no news that nothing renews.
        return head.terms.model_copy(update={"trouble": NO_IDS})
    return Terms(began=began, known=terms.pack(term for term in told if term.commerce_id in bought))
