"""What is read of a tenant beside its licences: shared mailboxes, terms, and what custom licences count. It may fail
without harm to them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from pydantic import TypeAdapter

from shared.accounts.account import Account
from shared.licensing import terms
from shared.licensing.tenant_state import (
    CountedMailboxes,
    Mailboxes,
    ReadFailure,
    ReadGroup,
    TenantState,
    Terms,
)
from shared.microsoft.connector import Microsoft
from shared.microsoft.models import FailureCause, MailboxRead, NotRead, PartnerConnection, TenantRead, Term
from shared.microsoft.read_problems import ReadProblem

MOST_MAILBOXES: Final = 300
"""More shared mailboxes with licences than this are counted, not named: a tenant's state is one row."""
NONE_LEFT: Final = ReadFailure.own(FailureCause.INVALID, ReadProblem.NO_MAILBOXES_LEFT)
INTERRUPTED: Final = ReadFailure.own(FailureCause.TRANSIENT, ReadProblem.MAILBOXES_INTERRUPTED)

GROUP_INTERRUPTED: Final = ReadFailure.own(FailureCause.TRANSIENT, ReadProblem.TIMED_OUT)
NO_IDS: Final = ReadFailure.own(FailureCause.INVALID, ReadProblem.NO_COMMERCE_IDS)


@dataclass(frozen=True, slots=True)
class OptionalReads:
    """What was read, or why it was not; None: nobody asked."""

    mailboxes: MailboxRead | ReadFailure | None = None
    terms: tuple[Term, ...] | ReadFailure | None = None
    groups: tuple[ReadGroup, ...] = ()
    """Those that custom licences count; they stand with the numbers of the same read."""
    mailbox_counts: CountedMailboxes | None = None
    """As the groups; None: no custom licence counts any."""

    @property
    def counts(self) -> bytes:
        """What stands with the numbers of the read, to tell whether it changed."""
        groups = _GROUPS.dump_json(self.groups) if self.groups else b""
        return groups + (self.mailbox_counts.model_dump_json().encode() if self.mailbox_counts else b"")

    def on(self, state: TenantState, began: datetime) -> TenantState:
        """The state with it. `began` is when the read began that it came with."""
        return state.model_copy(
            update={
                "mailboxes": _mailboxes(state.mailboxes, self.mailboxes, began),
                "terms": state.terms if self.terms is None else _terms(state, self.terms, began),
            }
        )


_GROUPS: Final = TypeAdapter(tuple[ReadGroup, ...])
NOTHING: Final = OptionalReads()


class Asked(NamedTuple):
    """What is asked of a tenant beside what the account watches."""

    terms: bool = False
    """They are due by the calendar, not only after a change."""
    groups: tuple[str, ...] = ()
    """Ids of those that custom licences of the tenant count."""
    mailboxes: bool = False
    """A custom licence of the tenant counts them."""
    by_app: bool = False
    """The tenant let the partner's app in, and not its user."""


def unread(account: Account, asked: Asked) -> OptionalReads:
    """What stands when the reading ends in the middle: the list as it was, where anybody watches it; no group and no
    number of mailboxes.
    """
    return OptionalReads(
        mailboxes=INTERRUPTED if account.watches_shared_mailboxes else None,
        groups=tuple(ReadGroup(group_id=group, failure=GROUP_INTERRUPTED) for group in asked.groups),
        mailbox_counts=CountedMailboxes(failure=INTERRUPTED) if asked.mailboxes else None,
    )


def read(
    microsoft: Microsoft,
    account: Account,
    connection: PartnerConnection,
    state: TenantState,
    licences: TenantRead,
    asked: Asked,
) -> OptionalReads:
    """Read what the account watches, and what is asked of this tenant."""
    mailboxes: MailboxRead | ReadFailure | None = None
    told: tuple[Term, ...] | ReadFailure | None = None
    if account.watches_shared_mailboxes:
        try:
            mailboxes = microsoft.shared_mailboxes(account.id, connection, licences)
        except NotRead as failed:
            mailboxes = ReadFailure.of(failed)
    if account.watches_terms and (asked.terms or terms.changed(state, licences)):
        try:
            told = microsoft.terms(account.id, connection, licences.tenant_id)
        except NotRead as failed:
            told = ReadFailure.of(failed)
    way = connection.by_app if asked.by_app else connection
    groups = (_group(microsoft, account, way, licences.tenant_id, group) for group in asked.groups)
    return OptionalReads(
        mailboxes,
        told,
        tuple(groups),
        _counted(microsoft, account, way, state, licences.tenant_id) if asked.mailboxes else None,
    )


def _counted(
    microsoft: Microsoft, account: Account, way: PartnerConnection, state: TenantState, tenant_id: str
) -> CountedMailboxes:
    try:
        count = microsoft.mailbox_count(account.id, way, tenant_id)
    except NotRead as failed:
        return CountedMailboxes(failure=ReadFailure.of(failed))
    before = state.snapshot.mailbox_counts if state.snapshot else None
    if before is not None and not count.has_any:
        # That the last mailbox of a customer is gone is true only when it is repeated.
        repeated = before.failure == NONE_LEFT or (before.count is not None and not before.count.has_any)
        return CountedMailboxes(count=count) if repeated else CountedMailboxes(failure=NONE_LEFT)
    return CountedMailboxes(count=count)


def _group(
    microsoft: Microsoft, account: Account, connection: PartnerConnection, tenant_id: str, group_id: str
) -> ReadGroup:
    """One that could not be read is no empty one, and costs no other."""
    try:
        count = microsoft.group(account.id, connection, tenant_id, group_id)
    except NotRead as failed:
        return ReadGroup(group_id=group_id, failure=ReadFailure.of(failed))
    return ReadGroup(group_id=group_id, count=count)


def _mailboxes(
    before: Mailboxes | None, told: MailboxRead | ReadFailure | None, began: datetime
) -> Mailboxes | None:
    if told is None:
        return None
    if isinstance(told, MailboxRead) and not told.listed and before is not None and before.licensed:
        # Taking a licence away leaves the mailbox listed: an empty list is true only when it is repeated.
        told = told if before.failure == NONE_LEFT else NONE_LEFT
    if isinstance(told, ReadFailure):
        return (before or Mailboxes()).model_copy(update={"failure": told})
    return Mailboxes(
        began=began,
        source=told.source,
        licensed=told.licensed[:MOST_MAILBOXES],
        more=max(0, len(told.licensed) - MOST_MAILBOXES),
    )


def _terms(state: TenantState, told: tuple[Term, ...] | ReadFailure, began: datetime) -> Terms:
    if isinstance(told, ReadFailure):
        return (state.terms or Terms()).model_copy(update={"failure": told})
    subscriptions = state.snapshot.subscriptions if state.snapshot else ()
    bought = {subscription.commerce_id for subscription in subscriptions if subscription.commerce_id}
    if told and subscriptions and not bought and state.terms is not None and state.terms.known:
        # Nothing can be joined: that is no news that nothing renews.
        return state.terms.model_copy(update={"failure": NO_IDS})
    return Terms(began=began, known=terms.pack(term for term in told if term.commerce_id in bought))
