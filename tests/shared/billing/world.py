"""One account with one PSA, tenants and mapped lines, all in memory: what the tests of billing are told about."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.accounts import runs
from shared.accounts.account import Account, Mode
from shared.accounts.companies import add_company
from shared.accounts.company import Company, Filters
from shared.accounts.directory import save_account
from shared.accounts.preferences import DigestSettings, GuardSettings
from shared.accounts.runs import Run, RunState
from shared.billing import agreement_store, why_not
from shared.billing.line_names import line_name
from shared.billing.mapping.release import Said
from shared.billing.mapping.save import map_tenant
from shared.billing.models import (
    BillingProfile,
    BlockReason,
    Hold,
    LedgerEntry,
    LicenceMapping,
    LineRecord,
    Options,
    PsaConnection,
    TenantMappings,
    UnplannedReason,
    Verdict,
)
from shared.billing.planning import approval, load
from shared.billing.planning.load import Planned
from shared.billing.planning.wishes import Wish
from shared.billing.product_prices import ProductPrices
from shared.billing.profiles import save_profile
from shared.billing.psa.base import Psa
from shared.billing.psa_connections import save_psa_connection
from shared.billing.pushing import push, settle
from shared.billing.pushing.context import PushContext
from shared.errors import RetryLater
from shared.licensing import snapshot
from shared.licensing.optional_reads import OptionalReads
from shared.licensing.tenant_state import CountedMailboxes, ReadGroup, ReadStatus, TenantState
from shared.microsoft.doubts import Doubt, DoubtKind
from shared.microsoft.models import Sku, Subscription, TenantRead, User
from shared.storage import keys
from shared.storage.decisions import Decider
from shared.storage.memory import MemoryBlobs, MemoryTables
from shared.storage.tables import Put, Tables
from tests.invariants import (
    i1_every_line_is_in_step_or_says_why,
    i2_every_intent_is_applied_at_most_once,
    i4_no_write_without_an_intent_before_it,
)
from tests.shared.billing.psa.fake import FakePsa
from tests.shared.licensing.bought import bought

ACCOUNT = keys.account_id("northwind-msp")
CONNECTION = "cw"
PROFILE = "business-premium"
SKU = "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"
START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ROOMY = GuardSettings(
    tenant_percent=100, tenant_seats=10_000, account_percent=100, account_seats=10_000, account_most=10_000
)
"""A guard that stops only what goes to zero, for tests about something else."""


class Clock:
    """A clock that tests move, and a microsecond for each look; sleeping is remembered and passes at once."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at
        self.slept: list[float] = []

    def now(self) -> datetime:
        self.at += timedelta(microseconds=1)
        return self.at

    def pass_by(self, time: timedelta) -> None:
        self.at += time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Mapped:
    """One mapped line."""

    tenant: str
    sku: str
    mapping: str
    agreement: str
    line: str


class World:
    def __init__(
        self,
        *,
        mode: Mode = Mode.LIVE,
        guard: GuardSettings = ROOMY,
        parallel: int = 1,
        fake: FakePsa | None = None,
    ) -> None:
        self.tables: Tables = MemoryTables()
        self.blobs = MemoryBlobs()
        self.clock = Clock()
        self.fake = fake or FakePsa(max_parallel=parallel)
        self.fake.now = lambda: self.clock.at
        self.psa: Psa = self.fake
        self.company = self.fake.add_company()
        self.product = self.fake.add_product()
        self.account = Account(
            id=ACCOUNT,
            name="Northwind MSP",
            since=START - DAY,
            mode=mode,
            timezone="Europe/Zurich",
            digest=DigestSettings(recipients=("billing@northwind.example",)),
            guard=guard,
        )
        self.connection = PsaConnection(
            id=CONNECTION, name="ConnectWise", kind="connectwise", settings_json="{}"
        )
        self.counts_people = False
        """Microsoft counts as assigned what its people have; else nobody has anything."""
        self._seats: dict[str, dict[str, int]] = {}
        self._mappings: dict[str, list[LicenceMapping]] = {}
        self._people: dict[str, tuple[User, ...]] = {}
        save_account(self.tables, self.account)
        save_psa_connection(self.tables, ACCOUNT, self.connection)
        self.name_product(self.product.id)

    def by(self) -> Decider:
        return Decider("ann@northwind.test", "mapped by hand", self.clock.now())

    def name_product(self, product_id: str) -> None:
        """The billing profile bills this product."""
        profile = BillingProfile(
            id=PROFILE, name="Business Premium", connection=CONNECTION, product_id=product_id
        )
        save_profile(self.tables, ACCOUNT, profile, self.by())

    # Microsoft

    def add_tenant(self, tenant: str) -> None:
        if tenant in self._seats:
            return
        self._seats[tenant] = {}
        self.add_company(tenant, Filters())

    def add_company(self, tenant: str, filters: Filters, name: str = "") -> Company:
        """One of the tenant's; without a name the first one, which may be there already."""
        company = Company(
            id=name or tenant,
            tenant_id=tenant,
            name=name or tenant,
            psa_connection=CONNECTION,
            psa_company=self.company.id,
            filters=filters,
            beside=bool(name),
        )
        add_company(
            self.tables, ACCOUNT, company, Decider("ann@northwind.test", "company added", self.clock.now())
        )
        return company

    def read(
        self,
        tenant: str,
        seats: dict[str, int] | None = None,
        *,
        began: datetime | None = None,
        subscriptions: tuple[Subscription, ...] = (),
        doubts: tuple[DoubtKind, ...] = (),
        people: tuple[User, ...] | None = None,
        groups: tuple[ReadGroup, ...] = (),
        mailboxes: CountedMailboxes | None = None,
    ) -> TenantState:
        """A complete read of the tenant; SKUs that are not named keep their seats, and so do its people."""
        self.add_tenant(tenant)
        users = people if people is not None else self._people.get(tenant, (user("u1"),))
        self._people[tenant] = users
        now_there = {**self._seats[tenant], **(seats or {})}
        self._seats[tenant] = now_there
        at = began or self.clock.now()
        having = Counter(id_ for each in users for id_ in each.skus if self.counts_people)
        skus = tuple(sku(id_, enabled, consumed=having[id_]) for id_, enabled in now_there.items())
        read = TenantRead(
            tenant_id=tenant,
            connection_id="partner",
            began=at,
            ended=at + timedelta(seconds=2),
            skus=skus,
            subscriptions=bought(*skus, besides=subscriptions),
            users=users,
            doubts=tuple(Doubt(kind=kind) for kind in doubts),
        )
        fresh = snapshot.FreshRead(
            read, "", at.date(), OptionalReads(groups=groups, mailbox_counts=mailboxes)
        )
        return snapshot.store_read(self.tables, self.blobs, ACCOUNT, fresh)

    def later_read(
        self,
        seats: dict[str, int],
        tenant: str = "contoso",
        *,
        doubts: tuple[DoubtKind, ...] = (),
        subscriptions: tuple[Subscription, ...] = (),
    ) -> TenantState:
        """An hour passes, and the tenant is read with these seats."""
        self.clock.pass_by(timedelta(hours=1))
        return self.read(tenant, seats, doubts=doubts, subscriptions=subscriptions)

    def fail(self, tenant: str = "contoso") -> None:
        """The newest attempt to read the tenant failed; its numbers are those of the read before."""
        row = self.tables.get(keys.tenant_state(ACCOUNT, tenant))
        assert row is not None
        failed = row.read(TenantState).model_copy(update={"status": ReadStatus.NOT_READ})
        self.tables.commit([Put(row.key, failed)])

    # The PSA and the mappings

    def map_line(
        self,
        tenant: str = "contoso",
        quantity: int = 10,
        *,
        sku: str = SKU,
        agreement: str = "",
        options: Options | None = None,
        subscription: str = "",
    ) -> Mapped:
        """A tenant with so many seats, and an adopted line that says the same."""
        agreement = agreement or self.add_agreement()
        line = self.fake.add_line(agreement, self.product.id, quantity)
        if not subscription:
            self.read(tenant, {sku: quantity})
        return self.map(tenant, sku, agreement, line.id, options, subscription)

    def map_new(
        self,
        tenant: str = "contoso",
        seats: int = 10,
        *,
        sku: str = SKU,
        agreement: str = "",
        options: Options | None = None,
    ) -> Mapped:
        """A tenant with so many seats, and the wish for a new line."""
        agreement = agreement or self.add_agreement()
        self.read(tenant, {sku: seats})
        return self.map(tenant, sku, agreement, "", options)

    def add_agreement(self) -> str:
        return self.fake.add_agreement(self.company.id).id

    def map(
        self,
        tenant: str,
        sku: str,
        agreement: str,
        line: str,
        options: Options | None = None,
        subscription: str = "",
        company: str = "",
    ) -> Mapped:
        self.add_tenant(tenant)
        mapping = LicenceMapping(
            id=f"mapping{sum(map(len, self._mappings.values())) + 1:04}",
            sku_id=sku,
            subscription_id=subscription,
            company=company,
            profile=PROFILE,
            connection=CONNECTION,
            agreement_id=agreement,
            line_id=line,
            options=options or Options(),
        )
        self._mappings.setdefault(tenant, []).append(mapping)
        self.save_mappings(tenant)
        return Mapped(tenant, sku, mapping.id, agreement, line)

    def mappings(self, tenant: str) -> TenantMappings:
        return TenantMappings(tenant_id=tenant, mappings=tuple(self._mappings[tenant]))

    def save_mappings(
        self,
        tenant: str,
        wanted: TenantMappings | None = None,
        looked_after: Collection[str] = (),
        last_days: Mapping[str, date] | None = None,
        *,
        keeps_differences: bool = False,
    ) -> None:
        wanted = wanted or self.mappings(tenant)
        days = {line_name(name): day for name, day in (last_days or {}).items()}
        named = tuple(map(line_name, looked_after))
        said = Said(named, days, keeps_differences=keeps_differences)
        map_tenant(self.tables, {CONNECTION: self.psa}, ACCOUNT, wanted, self.by(), said)

    # A run's push

    def context(self, run: str = "2026-03-02") -> PushContext:
        return PushContext(
            tables=self.tables,
            blobs=self.blobs,
            psa=self.psa,
            account=ACCOUNT,
            run=run,
            zone=ZoneInfo("Europe/Zurich"),
            now=self.clock.now,
            sleep=self.clock.sleep,
            claim_for=timedelta(minutes=10),
            prices=ProductPrices(self.psa),
        )

    def start_run(self, run_id: str = "2026-03-02", connections: tuple[str, ...] = (CONNECTION,)) -> Run:
        run = Run(
            id=run_id,
            on=date.fromisoformat(run_id[:10]),
            started_at=self.clock.now(),
            state=RunState.PUSHING,
            connections=connections,
        )
        return runs.start(self.tables, ACCOUNT, run)

    def push(self, run_id: str = "2026-03-02") -> Run:
        """One attempt. Raises RetryLater as the push does."""
        run = runs.find(self.tables, ACCOUNT, run_id) or self.start_run(run_id)
        push.push_connection(self.context(run_id), self.account, self.connection, run)
        return runs.get(self.tables, ACCOUNT, run_id)

    def push_until_done(
        self, run_id: str = "2026-03-02", between: Callable[[], object] = lambda: None
    ) -> Run:
        """Attempt after attempt, waiting as long as each asks for."""
        for _ in range(200):
            try:
                return self.push(run_id)
            except RetryLater as later:
                self.clock.pass_by(later.after)
                between()
        raise AssertionError("the push never ends")

    def next_night(self) -> str:
        """A day later every tenant is read again with what it has now; the new run's id."""
        self.clock.pass_by(DAY)
        for tenant in self._seats:
            self.read(tenant)
        return self.clock.now().date().isoformat()

    def night(self) -> Run:
        return self.push_until_done(self.next_night())

    def say_what_the_psa_shows(self) -> int:
        """As a person does who looks into the PSA: of each write that nothing tells, whether it was done."""
        waiting = list(settle.undecidable(self.tables, ACCOUNT))
        by = Decider("eva", "looked", self.clock.now())
        for key, line, intent in waiting:
            at = [n for n, write in enumerate(self.fake.applied) if write == intent.write]
            named = self.fake.made[at[0]] if at and not line.line_id else ""
            applied = bool(at)
            settle.settle(self.tables, ACCOUNT, key, by, applied=applied, line_id=named)
        return len(waiting)

    # What is known

    def record(self, mapped: Mapped) -> LineRecord:
        return agreement_store.get(self.tables, ACCOUNT, CONNECTION, mapped.agreement).record.lines[
            mapped.mapping
        ]

    def wish(self, mapped: Mapped) -> Wish:
        """What the plan wants of the line."""
        record = agreement_store.get(self.tables, ACCOUNT, CONNECTION, mapped.agreement).record
        return self.plan().wishes.of(record)[mapped.mapping]

    def reason(self, mapped: Mapped) -> BlockReason | None:
        why = self.record(mapped).blocked
        return why.reason if why else None

    def why_blocked(self, mapped: Mapped) -> str:
        why = self.record(mapped).blocked
        return why_not.blocked(why) if why else ""

    def unplanned(self, mapped: Mapped) -> UnplannedReason | None:
        why = self.record(mapped).not_planned
        return why.reason if why else None

    def why_not_planned(self, mapped: Mapped) -> str:
        why = self.record(mapped).not_planned
        return why_not.unplanned(why) if why else ""

    def ledger(self, mapped: Mapped) -> list[LedgerEntry]:
        found = agreement_store.ledger(self.tables, ACCOUNT, CONNECTION, mapped.agreement, mapped.mapping)
        return sorted(found, key=lambda entry: entry.at)

    def events(self, mapped: Mapped) -> list[str]:
        return [entry.event.value for entry in self.ledger(mapped)]

    def quantity(self, mapped: Mapped) -> int:
        """What the PSA truly says."""
        return int(self.fake.line(mapped.line or self.record(mapped).line_id).quantity)

    def plan(self) -> Planned:
        return load.plan_account(self.tables, self.blobs, self.account, self.clock.now())

    def held(self) -> list[Hold]:
        return list(approval.held(self.tables, ACCOUNT))

    def decide(self, change_id: str, verdict: Verdict = Verdict.APPROVED) -> Hold:
        return approval.decide(
            self.tables, ACCOUNT, change_id, verdict, "ann@northwind.test", self.clock.now()
        )


def sku(sku_id: str, enabled: int, **changes: object) -> Sku:
    fields: dict[str, object] = {
        "sku_id": sku_id,
        "part_number": "SPB",
        "enabled": enabled,
        "warning": 0,
        "suspended": 0,
        "locked_out": 0,
        "consumed": 0,
    }
    return Sku.model_validate(fields | changes)


def user(user_id: str) -> User:
    return User(
        id=user_id,
        name="Alice",
        upn=f"{user_id}@contoso.test",
        mail=f"{user_id}@contoso.test",
        enabled=True,
        user_type="Member",
        department="",
        office="",
        state="",
        city="",
        skus=(SKU,),
    )


def check_invariants(world: World) -> None:
    truth = {line.id: line.quantity for line in world.fake._lines.values()}
    assert (
        i1_every_line_is_in_step_or_says_why(
            world.tables, world.account, truth, world.clock.now(), world.blobs
        )
        == []
    )
    assert i2_every_intent_is_applied_at_most_once(world.tables, ACCOUNT, world.fake.applied) == []
    assert i4_no_write_without_an_intent_before_it(world.tables, ACCOUNT, world.fake.sent) == []
