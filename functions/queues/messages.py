"""The queue messages: versioned, and ids only. A person's name, a mail or a secret is never in one."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.accounts.runs import Run
from shared.storage.keys import AccountId, account_id


class QueuedWork(BaseModel):
    """What all messages have in common. `attempt` counts how often it was put back, which is not a failure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    queue: ClassVar[str]
    v: Literal[1] = 1
    attempt: int = 0


class AccountWork(QueuedWork):
    """Work of one account."""

    account: Annotated[AccountId, AfterValidator(account_id)]


class CheckAccount(AccountWork):
    """Start what is due for the account: one message each, so that one account's fault touches no other."""

    queue: ClassVar[str] = "check-account"


class StartRun(AccountWork):
    """Read the partner lists of the run and fan out to its tenants."""

    queue: ClassVar[str] = "start-run"
    run: str
    on: date
    nightly: bool = True
    tenants: tuple[str, ...] | None = None

    @classmethod
    def of(cls, account: AccountId, run: Run) -> "StartRun":
        """The message that starts a run which is stored already."""
        return cls(account=account, run=run.id, on=run.on, nightly=run.nightly, tenants=run.tenants)


class ReadTenant(AccountWork):
    queue: ClassVar[str] = "read-tenant"
    run: str
    tenant: str
    connections: tuple[str, ...]
    terms: bool = False
    """Its subscriptions' terms are due too."""
    by_app: tuple[str, ...] = ()
    """Those of the connections whose app reads the tenant as itself."""


class PartOfRun(BaseModel):
    """One tenant of several in a message."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tenant: str
    connections: tuple[str, ...]
    terms: bool = False
    by_app: tuple[str, ...] = ()


class ReadTenants(AccountWork):
    """A few tenants, one after the other: a message costs more than most of what is done for a tenant."""

    queue: ClassVar[str] = "read-tenants"
    run: str
    tenants: tuple[PartOfRun, ...]

    def alone(self) -> list[ReadTenant]:
        """A message of its own for each."""
        return [ReadTenant(account=self.account, run=self.run, **part.model_dump()) for part in self.tenants]


class CloseRun(AccountWork):
    """Wait for the run's tenants, then plan and hand over to the PSA connections."""

    queue: ClassVar[str] = "close-run"
    run: str


class PushConnection(AccountWork):
    queue: ClassVar[str] = "push-connection"
    run: str
    connection: str


class RefreshPsaLists(AccountWork):
    """Read again what a PSA offers to choose from."""

    queue: ClassVar[str] = "refresh-psa-lists"
    connection: str


class Evaluate(AccountWork):
    queue: ClassVar[str] = "evaluate"
    run: str


class KeepTickets(AccountWork):
    """Make and close what is due of the account's PSA tickets."""

    queue: ClassVar[str] = "keep-tickets"


class SendMail(AccountWork):
    """The digest that was due on a local date, or what is urgent."""

    queue: ClassVar[str] = "send-mail"
    on: date
    due: bool
    """True: the digest of `on`; False: only what is urgent."""


class SendReport(AccountWork):
    """Make and send the report of a company's month."""

    queue: ClassVar[str] = "send-report"
    company: str
    month: Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]


class SendInvitation(AccountWork):
    """Mail the invitation of a member; its code is made when the mail is written, and is in no message."""

    queue: ClassVar[str] = "send-invitation"
    invitation: str


class CleanUp(AccountWork):
    """Delete this night's share of what is kept no longer."""

    queue: ClassVar[str] = "clean-up"
    on: date


class DeleteAccount(AccountWork):
    """Delete what is left of the account, until nothing is."""

    queue: ClassVar[str] = "delete-account"


class RefreshNames(QueuedWork):
    """Fetch Microsoft's product names: for all accounts, so it names none."""

    queue: ClassVar[str] = "refresh-names"


MESSAGES: tuple[type[QueuedWork], ...] = (
    CheckAccount,
    StartRun,
    ReadTenant,
    ReadTenants,
    CloseRun,
    PushConnection,
    RefreshPsaLists,
    Evaluate,
    KeepTickets,
    SendMail,
    SendReport,
    SendInvitation,
    CleanUp,
    DeleteAccount,
    RefreshNames,
)
QUEUES = tuple(message.queue for message in MESSAGES)
"""Every queue that the app listens to; each has a `-poison` beside it."""
