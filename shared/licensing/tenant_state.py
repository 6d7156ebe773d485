"""A tenant's head: the newest accepted snapshot, and how the newest attempt to read it went."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from pydantic import Field

from shared.microsoft.models import (
    Customer,
    FailureCause,
    MailboxSource,
    NotRead,
    SharedMailbox,
    Sku,
    Subscription,
)
from shared.storage.documents import Document


class ReadStatus(StrEnum):
    PENDING = "pending"
    READ = "read"
    NOT_READ = "not_read"


class ReadFailure(Document):
    """Why something was not read."""

    cause: FailureCause = Field(alias="blame")
    code: str
    sentence: str

    @classmethod
    def of(cls, failed: NotRead) -> "ReadFailure":
        """What is kept of a read that did not complete."""
        return cls(cause=failed.cause, code=failed.code, sentence=failed.sentence)


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
    doubts: tuple[str, ...] = ()
    """Why the numbers are hard to believe; not empty: every change of the tenant is held."""
    gone_since: datetime | None = None
    """When the read began in which first was gone what is doubted to be gone."""


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
    """By commerce id, packed (see `terms.pack`): a head is read often in a night, its terms once."""
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
    """As much of a head as says how its run's attempt went: a look at a thousand of them builds nothing else."""

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


class PartnerList(Document):
    """The newest complete customer list of a partner connection, or why there is none. Customers are in a blob."""

    connection_id: str
    run: str
    began: datetime | None = None
    """When the newest complete list began; None: there was never one."""
    customers: int = 0
    failure: ReadFailure | None = Field(default=None, alias="trouble")
    """Why the newest attempt failed."""


class CustomerList(Document):
    customers: tuple[Customer, ...]
