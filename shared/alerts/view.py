"""What the rules see of an account: small for a thousand tenants, whose heads pass by one by one."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from shared.accounts.account import Account
from shared.accounts.company import AddedTenant
from shared.accounts.runs import Run
from shared.alerts.failed_messages import FailedMessage
from shared.alerts.models import Exclusions, Removal, Target
from shared.alerts.sharing import SharedOut
from shared.billing.models import BillingProfile, Hold, HoldReason, LineKey, LineRecord, PsaConnection
from shared.billing.models import LicenceMapping as LineMapping
from shared.billing.psa.base import BillableOption
from shared.billing.psa_connections import ConnectionFailure
from shared.licensing.licences import Licence, LicenceKey, LicenceRows
from shared.licensing.tenant_state import PartnerList, ReadFailure, ReadStatus, Snapshot, TenantState
from shared.licensing.watched_skus import is_watched
from shared.mail.records import MailRow
from shared.microsoft.models import Customer, FailureCause, PartnerConnection, Sku
from shared.storage import keys
from shared.storage.documents import Document

STALE = timedelta(hours=36)
"""A tenant that was not read completely for this long says nothing about today."""


class Mapped(NamedTuple):
    """What of a mapping every tenant's licences are judged by."""

    licence: LicenceKey
    profile: str
    """"" for "do not bill"."""
    company: str = ""
    """As mappings name the one whose users it bills."""
    unit_price: Decimal | None = None
    """Of its line, where the PSA told it."""


@dataclass(frozen=True, slots=True)
class OwnLine:
    """A line of ours that is not in step. `mapping` is None when the mapping was ended."""

    key: LineKey
    record: LineRecord
    mapping: LineMapping | None

    @property
    def waiting(self) -> Hold | None:
        """The hold that a person must look at: undecided, or approved and then stopped because its agreement prorates.

        What must be clear in the PSA first comes first. An earlier refusal, or a tenant that cannot be read, does not:
        only a person's word goes on from here.
        """
        line, hold = self.record, self.record.hold
        if hold is None or line.intent is not None or line.blocked or line.frozen or line.drift is not None:
            return None
        stopped = line.is_approved(hold.change.id) and HoldReason.PRORATION in hold.reasons
        return hold if hold.decided is None or stopped else None


class WithoutCompany(NamedTuple):
    """A line that bills a tenant which no company is added for any more: nothing keeps it in step or ends it."""

    tenant_id: str
    connection: str
    agreement_id: str
    seats: int
    money: Decimal
    """Per month; 0 when unknown."""


class Unreadable(NamedTuple):
    """An agreement whose lines could not be read at the newest attempt."""

    connection: str
    agreement_id: str
    why: str
    tenants: frozenset[str]
    """Whose lines it holds."""


@dataclass(frozen=True, slots=True)
class PartnerView:
    """A partner connection, its newest list and its customers, if the list is complete."""

    connection: PartnerConnection
    listed: PartnerList | None
    not_added: tuple[Customer, ...] = ()
    added: frozenset[str] = frozenset()
    """Ids of those that have one: the companies' own texts, so that a long list costs little."""
    added_before: frozenset[str] = frozenset()
    """Where the newest attempt gave no whole list: ids of those in the last one that have a company."""
    by_app: frozenset[str] = frozenset()
    """Ids of the tenants whose administrator let the partner's app in."""

    @property
    def complete(self) -> bool:
        """The newest attempt gave the whole list."""
        return self.listed is not None and self.listed.failure is None and self.listed.began is not None

    @property
    def failure(self) -> ReadFailure | None:
        return self.listed.failure if self.listed else None

    @property
    def turned_away(self) -> bool:
        """The partner itself must act before anything of this connection can be read."""
        return self.failure is not None and self.failure.cause is FailureCause.PARTNER


@dataclass(frozen=True, slots=True)
class Nights:
    """When the account's runs came to an end."""

    on: date
    """The date of the newest nightly run that closed or is judged now."""
    last_closed: datetime | None = None
    """When a nightly run last closed."""
    last_started: datetime | None = None
    """When the newest of the nightly runs that closed had started."""
    last_complete: datetime | None = None
    """When a nightly run that read every tenant last closed."""


@dataclass(frozen=True)  # without slots: it keeps what it worked out
class AccountView:
    account: Account
    now: datetime
    run: Run
    nights: Nights
    names: Callable[[str, str], str]
    """Friendly name of a SKU by its id and part number."""
    companies: Mapping[str, AddedTenant] = field(default_factory=dict)
    """By tenant id."""
    shared_out: Mapping[str, SharedOut] = field(default_factory=dict)
    """Tenants with filters whose people are known, by tenant id."""
    former: Mapping[str, str] = field(default_factory=dict)
    """By tenant id: what removed companies were called whose lines still bill."""
    mapped: Mapping[str, tuple[Mapped, ...]] = field(default_factory=dict)
    """By tenant id."""
    lines: Mapping[str, tuple[OwnLine, ...]] = field(default_factory=dict)
    """Lines that are not in step, by tenant id."""
    without_company: tuple[WithoutCompany, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    profiles: Mapping[str, BillingProfile] = field(default_factory=dict)
    psas: Mapping[str, PsaConnection] = field(default_factory=dict)
    connection_failures: Mapping[str, ConnectionFailure] = field(default_factory=dict)
    partners: tuple[PartnerView, ...] = ()
    mails: tuple[MailRow, ...] = ()
    """Each recipient's newest, where it was refused or nothing is known of it."""
    tickets_failure: ConnectionFailure | None = None
    """Why alerts cannot become tickets; None, too, where they do not."""
    poisoned: tuple[FailedMessage, ...] = ()
    removals: Mapping[str, Removal] = field(default_factory=dict)
    """What people decided about removed tenants, by tenant id."""
    open_rows: frozenset[str] = frozenset()
    """Keys of the alerts that are open."""
    exclusions: Exclusions = field(default_factory=lambda: Exclusions.of((), date.min))

    def is_on(self, slug: str) -> bool:
        return slug not in self.account.alerts_off

    def parameters[P: Document](self, slug: str, model: type[P]) -> P:
        """What the account set of a rule's parameters, the rest by default."""
        return model.model_validate(self.account.alert_parameters.get(slug, {}))

    def is_open(self, slug: str, identity: str) -> bool:
        """The row stood there when this evaluation began."""
        return self.is_on(slug) and keys.alert(self.account.id, slug, identity).row in self.open_rows

    def all_lines(self) -> Iterator[OwnLine]:
        return chain.from_iterable(self.lines.values())

    @property
    def working_psas(self) -> frozenset[str]:
        return frozenset(self.psas) - frozenset(self.connection_failures)

    @property
    def given_up(self) -> list[FailedMessage]:
        """Work that ended in a poison queue, until a night that began later has ended."""
        started = self.nights.last_started
        return [message for message in self.poisoned if started is None or message.at >= started]

    @property
    def today(self) -> date:
        return self.now.astimezone(self.account.zone).date()

    @cached_property
    def listed(self) -> frozenset[str]:
        """Tenants with a company that are in a complete list of a partner connection."""
        return frozenset(chain.from_iterable(partner.added for partner in self.partners))

    @cached_property
    def lists_are_whole(self) -> bool:
        """Every connection's list is complete and of the same run: nobody is on the way from one to another."""
        runs = {
            partner.listed.run if partner.listed and partner.complete else None for partner in self.partners
        }
        return len(runs) == 1 and None not in runs

    @cached_property
    def ours(self) -> frozenset[str]:
        """The partners' own tenant ids: seats of any other seller were sold by somebody else."""
        return frozenset(partner.connection.tenant_id.lower() for partner in self.partners)

    def is_removed(self, tenant_id: str) -> bool:
        """It has a company and is in no list; False also when that cannot be known."""
        return self.lists_are_whole and tenant_id in self.companies and tenant_id not in self.listed

    @cached_property
    def left(self) -> Set[str]:
        """Added tenants that are in no list by what a person decided: it is no news that they cannot be read."""
        return (self.removals.keys() & self.companies.keys()) - self.listed

    def who(self, tenant_id: str) -> str:
        """The customer's name, or its tenant id when it was not added (any more)."""
        company = self.companies.get(tenant_id)
        return (company.name if company else self.former.get(tenant_id)) or tenant_id

    def shares(self, tenant_id: str, snapshot: Snapshot) -> SharedOut | None:
        """Whose the users of this very read are; None when that is not known, or the tenant is not shared out."""
        found = self.shared_out.get(tenant_id)
        return found if found is not None and found.users_digest == snapshot.users_digest else None

    def psa_name(self, connection: str) -> str:
        known = self.psas.get(connection)
        return known.name if known else "the PSA"

    @property
    def partner_troubles(self) -> set[ReadFailure]:
        """Troubles of whole connections: a tenant that was not tried because of one carries the very same."""
        return {partner.failure for partner in self.partners if partner.failure is not None}

    def partner_of(self, state: TenantState) -> str:
        """The connection a tenant is read through, as far as it is known."""
        company, snapshot = self.companies.get(state.tenant_id), state.snapshot
        likely = [company.partner_connection if company else "", snapshot.connection_id if snapshot else ""]
        known = [partner.connection.id for partner in self.partners]
        return next((name for name in (*likely, *known) if name in known), "")

    def partner_name(self, connection: str) -> str:
        names = (partner.connection.name for partner in self.partners if partner.connection.id == connection)
        return next(names, "The partner connection")

    def price(self, mapping: Mapped) -> Decimal | None:
        """What a seat of the mapping's line costs the customer; None when unknown or not billed."""
        profile = self.profiles.get(mapping.profile)
        if profile is None or profile.billable is not BillableOption.BILLABLE:
            return None
        return mapping.unit_price

    def seat_price(self, tenant_id: str, sku_id: str) -> Decimal:
        """A seat's price on the mapped line; 0 when it is unknown, or differs between subscriptions."""
        mine = (
            mapped_licence
            for mapped_licence in self.mapped.get(tenant_id, ())
            if mapped_licence.licence.sku_id == sku_id
        )
        prices = {self.price(mapping) for mapping in mine}
        return (prices.pop() or Decimal(0)) if len(prices) == 1 else Decimal(0)

    def watches(self, sku: Sku, snapshot: Snapshot, *, phone_resource_accounts: bool = False) -> bool:
        """The SKU is one that costs money, and not excluded for the whole account (S6, S7)."""
        if not is_watched(sku, snapshot, phone_resource_accounts=phone_resource_accounts):
            return False
        return not self.exclusions.hold(Target(sku_id=sku.sku_id))

    def watched(self, snapshot: Snapshot, *, phone_resource_accounts: bool = False) -> list[Sku]:
        """The SKUs of a snapshot that it watches."""
        phones = phone_resource_accounts
        return [sku for sku in snapshot.skus if self.watches(sku, snapshot, phone_resource_accounts=phones)]

    def licences(self, snapshot: Snapshot, skus: Sequence[Sku] | None = None) -> list[Licence]:
        """The rows of SKUs, else of all watched ones, as wholes; without those whose parts do not add up tonight."""
        wanted = {sku.sku_id for sku in (self.watched(snapshot) if skus is None else skus)}
        return [
            licence
            for licence in LicenceRows(snapshot, self.ours).countable()
            if licence.key.sku_id in wanted
        ]

    def fresh(self, state: TenantState) -> Snapshot | None:
        """The snapshot of an added tenant whose newest read was good and is not stale: else it is not judged."""
        snapshot = state.snapshot
        if state.tenant_id not in self.companies or state.status is not ReadStatus.READ or snapshot is None:
            return None
        return snapshot if self.now - snapshot.began < STALE else None
