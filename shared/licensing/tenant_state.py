"""A tenant's state: the newest accepted snapshot, and how the newest attempt to read it went."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, model_validator

from shared.microsoft.doubts import Doubt, DoubtKind
from shared.microsoft.models import (
    Customer,
    FailureCause,
    GroupCount,
    MailboxCount,
    MailboxSource,
    NotRead,
    SharedMailbox,
    Sku,
    Subscription,
)
from shared.microsoft.read_problems import ReadProblem, sentence
from shared.storage.documents import Document


class ReadStatus(StrEnum):
    PENDING = "pending"
    READ = "read"
    NOT_READ = "not_read"


_OWN_CODES: Final = {
    ReadProblem.NO_CUSTOMERS: "no customers",
    ReadProblem.NO_RELATIONSHIPS: "no relationships",
    ReadProblem.MOST_CUSTOMERS_GONE: "most customers are missing",
    ReadProblem.MOST_RELATIONSHIPS_GONE: "most relationships are missing",
    ReadProblem.NOT_LISTED: "not in a partner list",
    ReadProblem.NO_ACTIVE_GDAP: "no active GDAP",
    ReadProblem.TIMED_OUT: "timed out",
    ReadProblem.NO_MAILBOXES_LEFT: "no shared mailboxes",
    ReadProblem.MAILBOXES_INTERRUPTED: "interrupted",
    ReadProblem.NO_COMMERCE_IDS: "no commerce ids",
}
"""Of problems that no service tells: we see them ourselves."""
_BY_OWN_CODE: Final = {code: problem for problem, code in _OWN_CODES.items()}


def _problem(stored: object) -> object:
    """A newer host may have stored one that this one does not know."""
    return stored if stored in set(ReadProblem) else None


class ReadFailure(Document):
    """Why something was not read."""

    cause: FailureCause = Field(alias="blame")
    code: str
    problem: Annotated[ReadProblem | None, BeforeValidator(_problem)] = None
    """None: it was stored with a sentence, or by a newer host."""
    detail: str = ""
    stored_sentence: str = Field(default="", alias="sentence")
    """Of a failure that was stored before its problem had a name."""

    @model_validator(mode="before")
    @classmethod
    def _named_since(cls, stored: object) -> object:
        """Our own failures of before are compared with those of today."""
        if not isinstance(stored, dict) or stored.get("problem") or stored.get("code") not in _BY_OWN_CODE:
            return stored
        return {**stored, "problem": _BY_OWN_CODE[stored["code"]], "sentence": ""}

    @property
    def sentence(self) -> str:
        """First what is wrong, then who must do what."""
        if self.problem is None:
            return self.stored_sentence or "Microsoft could not be read. Look up the code."
        return sentence(self.problem, self.detail)

    @classmethod
    def of(cls, failed: NotRead) -> "ReadFailure":
        """What is kept of a read that did not complete."""
        return cls(cause=failed.cause, code=failed.code, problem=failed.problem, detail=failed.detail)

    @classmethod
    def own(cls, cause: FailureCause, problem: ReadProblem, detail: str = "") -> "ReadFailure":
        """One that no service told."""
        return cls(cause=cause, code=_OWN_CODES[problem], problem=problem, detail=detail)


def _doubts(stored: object) -> object:
    """A snapshot that was stored before doubts had kinds has their sentences."""
    if not isinstance(stored, list | tuple):
        return stored
    return [
        Doubt(kind=_SENTENCES_BEFORE.get(doubt, DoubtKind.OTHER)) if isinstance(doubt, str) else doubt
        for doubt in stored
    ]


_SENTENCES_BEFORE: Final = {
    "Microsoft now lists no licences at all": DoubtKind.SKUS_GONE,
    "Microsoft now lists no subscriptions at all": DoubtKind.SUBSCRIPTIONS_GONE,
    "Microsoft now lists no licensed users at all": DoubtKind.USERS_GONE,
    "every licence now counts 0 units": DoubtKind.UNITS_GONE,
}


class ReadGroup(Document):
    """A group that a custom licence counts, as the same read found it, or why it was not read."""

    group_id: str
    count: GroupCount | None = None
    failure: ReadFailure | None = None


class CountedMailboxes(Document):
    """How many mailboxes of each kind the tenant has, as the same read found it, or why that was not read."""

    count: MailboxCount | None = None
    failure: ReadFailure | None = None


class Snapshot(Document):
    """The counts of one complete read; its users are in a blob named by `users_digest`."""

    connection_id: str
    began: datetime
    """When the read began (UTC): a later beginning is newer, whatever arrives first."""
    ended: datetime
    digest: str
    """Hash of the counts: the same digest is the same numbers."""
    skus: tuple[Sku, ...]
    subscriptions: tuple[Subscription, ...]
    user_count: int
    users_digest: str
    doubts: Annotated[tuple[Doubt, ...], BeforeValidator(_doubts)] = ()
    """Why it is hard to believe."""
    groups: tuple[ReadGroup, ...] = ()
    """Those that custom licences of the tenant count (K12)."""
    mailbox_counts: CountedMailboxes | None = None
    """None: no custom licence of the tenant counts mailboxes."""
    gone_since: datetime | None = None
    """When the read began in which first was gone what is doubted to be gone."""

    @property
    def counts_are_doubted(self) -> bool:
        """Every change of the tenant is held."""
        return any(not doubt.is_of_users_only for doubt in self.doubts)

    @property
    def users_are_doubted(self) -> bool:
        """What follows from who has which licence is not judged."""
        return bool(self.doubts)


class Mailboxes(Document):
    """The shared mailboxes with licences, as of their newest complete read."""

    began: datetime | None = None
    """When the read began that told them; None: there was never one."""
    source: MailboxSource | None = None
    licensed: tuple[SharedMailbox, ...] = ()
    more: int = 0
    """Further ones that are not kept."""
    failure: ReadFailure | None = Field(default=None, alias="trouble")
    """Why the newest attempt failed: what stands here is older."""


class Terms(Document):
    """The terms of the tenant's subscriptions, as of their newest complete read."""

    began: datetime | None = None
    """When the read began that told them; None: there was never one."""
    known: Mapping[str, str] = Field(default_factory=dict)
    """By commerce id, packed (see `terms.pack`): a state is read often in a night, its terms once."""
    failure: ReadFailure | None = Field(default=None, alias="trouble")
    """Why the newest attempt failed: what stands here is older."""


class TenantState(Document):
    """One row per added tenant. `snapshot` stays as it was while the tenant cannot be read."""

    tenant_id: str
    run: str = ""
    """The newest run that asked for this tenant."""
    status: ReadStatus = ReadStatus.PENDING
    failure: ReadFailure | None = Field(default=None, alias="trouble")
    attempted_at: datetime | None = None
    unread_since: datetime | None = None
    """When the present row of failed reads began; None while the newest read was good."""
    snapshot: Snapshot | None = None
    mailboxes: Mailboxes | None = None
    """None: nobody watches them."""
    terms: Terms | None = None
    """None: they were never asked for."""


class TenantReadState(Document):
    """As much of a state as says how its run's attempt went: a look at a thousand of them builds nothing else."""

    tenant_id: str
    run: str = ""
    status: ReadStatus = ReadStatus.PENDING
    attempted_at: datetime | None = None


class Day(Document):
    """History: the counts of a tenant from one local date on, until the next such row (the newest read of that date).

    Most nights change nothing, so there is a row only where something did.
    """

    on: date
    began: datetime
    digest: str
    users_digest: str
    skus: tuple[Sku, ...]
    subscriptions: tuple[Subscription, ...]
    groups: tuple[ReadGroup, ...] = ()
    mailbox_counts: CountedMailboxes | None = None


class Gap(Document):
    """History: between two local dates on which a tenant was read there are days on which it was not."""

    after: date
    until: date


class PartnerList(Document):
    """The newest complete customer list of a partner connection, or why there is none. Customers are in a blob."""

    connection_id: str
    run: str
    began: datetime | None = None
    """When the newest complete list began; None: there was never one."""
    customers: int = 0
    with_gdap: int = 0
    """Of them; 0 in lists of before December 2026."""
    failure: ReadFailure | None = Field(default=None, alias="trouble")
    """Why the newest attempt failed."""


class CustomerList(Document):
    customers: tuple[Customer, ...]
