"""A small MSP in the store in memory: what a test changes about it, and what an evaluation then says."""

import gzip
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as MappingOf
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from pydantic import JsonValue, TypeAdapter

from shared.accounts import runs
from shared.accounts.account import Account, Mode
from shared.accounts.companies import COMPANY, add_company
from shared.accounts.company import Company, Filters
from shared.accounts.preferences import DigestSettings
from shared.accounts.runs import Run, RunState
from shared.alerts import evaluate, exclusions, saved_settings
from shared.alerts.digest.compose import Rendered, compose
from shared.alerts.digest.decide import decide as decide_mail
from shared.alerts.digest.memory import DigestMemory
from shared.alerts.digest.wording import DigestWords
from shared.alerts.models import Alert, Evaluation, Exclusion
from shared.billing import agreement_store
from shared.billing.mapping.in_force import MAPPINGS
from shared.billing.models import (
    AgreementRecord,
    BillingProfile,
    Block,
    BlockReason,
    LicenceMapping,
    LineRecord,
    PsaConnection,
    TenantMappings,
)
from shared.billing.profiles import PROFILE
from shared.billing.psa.base import PsaRefused
from shared.billing.psa_connections import ConnectionFailure, save_connection_failure, save_psa_connection
from shared.licensing.customer_lists import stored_customers
from shared.licensing.reading import NOT_LISTED
from shared.licensing.tenant_state import (
    CustomerList,
    Mailboxes,
    PartnerList,
    ReadFailure,
    ReadStatus,
    Snapshot,
    TenantState,
    Terms,
)
from shared.licensing.terms import pack
from shared.microsoft import partner_connections
from shared.microsoft.doubts import Doubt, DoubtKind
from shared.microsoft.models import (
    Customer,
    FailureCause,
    MailboxSource,
    PartnerConnection,
    SharedMailbox,
    Sku,
    Subscription,
    Term,
    User,
)
from shared.storage import keys
from shared.storage.decisions import Decider, decide
from shared.storage.keys import AccountId
from shared.storage.memory import MemoryBlobs, MemoryTables
from shared.storage.tables import Put, RowChange
from tests.shared.licensing.bought import bought

NIGHT = datetime(2026, 11, 20, 2, 10, tzinfo=UTC)
"""The first evaluation of a world; the runs of its nights begin ten minutes earlier."""
DAY = timedelta(days=1)
TRANSIENT = ReadFailure(cause=FailureCause.TRANSIENT, code="429", stored_sentence="Microsoft is busy.")


def sku(
    sku_id: str,
    purchased: int,
    assigned: int | None = None,
    *,
    grace: int = 0,
    suspended: int = 0,
    part: str = "",
) -> Sku:
    """A SKU whose purchased units are all assigned unless told otherwise."""
    return Sku(
        sku_id=sku_id,
        part_number=part or sku_id.upper(),
        enabled=purchased,
        warning=grace,
        suspended=suspended,
        locked_out=0,
        consumed=purchased if assigned is None else assigned,
    )


def subscription(
    name: str, sku_id: str, total: int, *, status: str = "Enabled", trial: bool = False
) -> Subscription:
    """Its commerce id is `c-{name}`."""
    return Subscription(
        id=name, sku_id=sku_id, commerce_id=f"c-{name}", status=status, total=total, trial=trial
    )


def term(
    name: str,
    days: int | None,
    *,
    duration: str = "P1Y",
    auto_renew: bool | None = True,
    cancellable: timedelta | None = None,
) -> Term:
    """The term of subscription `name`: it ends so many days after the first night; `cancellable` from then on."""
    return Term(
        commerce_id=f"c-{name}",
        duration=duration,
        ends=None if days is None else (NIGHT + days * DAY).date(),
        auto_renew=auto_renew,
        cancellable_until=None if cancellable is None else NIGHT + cancellable,
    )


def box(user: str, *skus: str, archive: bool | None = False, hold: bool | None = False) -> SharedMailbox:
    name = user.title()
    return SharedMailbox(
        user_id=user, name=name, address=f"{user}@a.example", skus=skus, archive=archive, hold=hold
    )


def mapping(name: str, sku_id: str, *, subscription_id: str = "", profile: str = "gold") -> LicenceMapping:
    """A mapping to a line of its own on agreement 12; `profile` "" is "do not bill"."""
    if not profile:
        return LicenceMapping(id=name, sku_id=sku_id, subscription_id=subscription_id, bill=False)
    return LicenceMapping(
        id=name,
        sku_id=sku_id,
        subscription_id=subscription_id,
        profile=profile,
        connection="cw",
        agreement_id="12",
        line_id=f"line-{name}",
    )


CANCELLED = Block(reason=BlockReason.PSA, text="The line was cancelled.")


def line(name: str, tenant: str = "t1", **changes: object) -> LineRecord:
    """The line of mapping `name`, in step at 25 seats unless changed."""
    record = LineRecord(
        mapping_id=name,
        tenant_id=tenant,
        product_id="p1",
        line_id=f"line-{name}",
        confirmed=25,
        unit_price=Decimal(20),
    )
    return LineRecord.model_validate({**dict(record), **changes})


class CountingTables(MemoryTables):
    """Remembers what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[RowChange] = []

    def commit(self, changes: Sequence[RowChange]) -> list[str]:
        etags = super().commit(changes)
        self.written += changes
        return etags


class World:
    """Account `acme` with one PSA and one partner connection; tenants as they are added."""

    def __init__(
        self,
        now: datetime = NIGHT,
        account: str = "acme",
        tables: CountingTables | None = None,
        blobs: MemoryBlobs | None = None,
    ) -> None:
        self.tables = CountingTables() if tables is None else tables
        self.blobs = MemoryBlobs() if blobs is None else blobs
        self.at_home: set[str] = set()
        self.now = now
        self.account = Account(
            id=AccountId(account),
            name="Acme MSP",
            since=now - 100 * DAY,
            mode=Mode.LIVE,
            timezone="UTC",
            digest=DigestSettings(recipients=("clerk@acme.example",)),
        )
        psa = PsaConnection(id="cw", name="ConnectWise", kind="connectwise", settings_json="{}")
        save_psa_connection(self.tables, self.account.id, psa)
        self.partner("p1")
        profile = BillingProfile(id="gold", name="Gold seat", connection="cw", product_id="p1")
        decide(self.tables, self.account.id, PROFILE, "gold", profile, Decider("t", "", self.now))
        self.start_run()

    def partner(
        self,
        name: str,
        customers: Iterable[Customer] = (),
        failure: ReadFailure | None = None,
        *,
        read: bool = True,
    ) -> None:
        """A partner connection and how its newest list went; whoever was added and did not leave is in that of `p1`."""
        connection = PartnerConnection(
            id=name, name=f"Partner {name}", tenant_id=f"home-{name}", client_id="app"
        )
        partner_connections.save(self.tables, self.account.id, connection)
        if name == "p1":
            everybody = {one: Customer(tenant_id=one, name=one) for one in sorted(self.at_home)}
            customers = (everybody | {one.tenant_id: one for one in customers}).values()
        customers = tuple(customers)
        listed = PartnerList(
            connection_id=name,
            run="r",
            began=self.now - timedelta(minutes=9) if read else None,
            customers=len(customers),
            failure=failure,
        )
        self.tables.commit([Put(keys.partner_list(self.account.id, name), listed)])
        if read and failure is None:
            body = CustomerList(customers=customers).body()
            self.blobs.put(keys.partner_list_blob(self.account.id, name), gzip.compress(body))

    def stale_list(self, name: str, failure: ReadFailure) -> None:
        """The connection's last complete list is of the first night, and the newest attempt failed."""
        listed = PartnerList(connection_id=name, run="r", began=NIGHT - timedelta(minutes=9), failure=failure)
        self.tables.commit([Put(keys.partner_list(self.account.id, name), listed)])

    def add(
        self,
        tenant: str,
        *skus: Sku,
        name: str = "",
        subscriptions: Iterable[Subscription] = (),
        company: str = "",
    ) -> None:
        """Add a company with its tenant, and read it completely."""
        added = Company(
            id=company or f"c-{tenant}",
            tenant_id=tenant,
            name=name or f"Customer {tenant}",
            psa_connection="cw",
            psa_company="1",
        )
        add_company(self.tables, self.account.id, added, Decider("tester", "company added", self.now))
        self.at_home.add(tenant)
        self._list({**self._listed(), tenant: Customer(tenant_id=tenant, name=tenant)})
        self.read(tenant, *skus, subscriptions=subscriptions)

    def share_out(self, tenant: str, *filters: Filters) -> list[str]:
        """The tenant is several companies from now on, each with filters; their ids."""
        for number, wanted in enumerate(filters):
            company = Company(
                id=f"c-{tenant}{number or ''}",
                tenant_id=tenant,
                name=f"{', '.join(wanted.office) or 'Everybody'} AG",
                psa_connection="cw",
                psa_company=str(number + 1),
                filters=wanted,
                beside=number > 0,
            )
            add_company(self.tables, self.account.id, company, Decider("tester", "shared out", self.now))
        return [f"c-{tenant}{number or ''}" for number in range(len(filters))]

    def people(self, tenant: str, *users: User) -> None:
        """Who has the licences at the newest read."""
        data = TypeAdapter(list[User]).dump_json(list(users))
        digest = keys.hashed(str(data))
        self.blobs.put(keys.users_blob(self.account.id, tenant, digest), gzip.compress(data))
        state = self.state(tenant)
        assert state.snapshot is not None
        self._head(
            state.model_copy(update={"snapshot": state.snapshot.model_copy(update={"users_digest": digest})})
        )

    def leave(self, *tenants: str) -> None:
        """They are in the list of `p1` no more, so a run does not read them."""
        self.at_home -= set(tenants)
        self._list({name: one for name, one in self._listed().items() if name not in tenants})
        for tenant in tenants:
            self.fail(tenant, NOT_LISTED)

    def come_back(self, *tenants: str) -> None:
        self.at_home |= set(tenants)
        self._list({**self._listed(), **{one: Customer(tenant_id=one, name=one) for one in tenants}})

    def _listed(self) -> dict[str, Customer]:
        return stored_customers(self.blobs, keys.partner_list_blob(self.account.id, "p1"))

    def _list(self, customers: dict[str, Customer]) -> None:
        body = CustomerList(customers=tuple(customers.values())).body()
        self.blobs.put(keys.partner_list_blob(self.account.id, "p1"), gzip.compress(body))

    def remove(self, tenant: str) -> None:
        """Its company is removed, and the customer leaves."""
        self.at_home.discard(tenant)
        self._list({name: one for name, one in self._listed().items() if name != tenant})
        decide(self.tables, self.account.id, COMPANY, f"c-{tenant}", None, Decider("t", "", self.now))

    def read(
        self,
        tenant: str,
        *skus: Sku,
        subscriptions: Iterable[Subscription] = (),
        doubts: tuple[DoubtKind, ...] = (),
    ) -> None:
        """A complete read of the tenant in the newest run."""
        began = self.now - timedelta(minutes=9)
        snapshot = Snapshot(
            connection_id="p1",
            began=began,
            ended=began,
            digest="d",
            skus=skus,
            subscriptions=bought(*skus, besides=subscriptions),
            user_count=1,
            users_digest="u",
            doubts=tuple(Doubt(kind=kind) for kind in doubts),
        )
        before = self.state(tenant)
        boxes = before.mailboxes
        if boxes is not None and boxes.failure is None:
            boxes = boxes.model_copy(update={"began": began})
        state = TenantState(tenant_id=tenant, run=self.run, status=ReadStatus.READ, snapshot=snapshot)
        self._head(state.model_copy(update={"mailboxes": boxes, "terms": before.terms}))

    def boxes(self, tenant: str, *boxes: SharedMailbox, more: int = 0, ago: timedelta = timedelta(0)) -> None:
        """The tenant's shared mailboxes with licences were read in the newest run, or so long ago."""
        began = self.now - timedelta(minutes=9) - ago
        told = Mailboxes(began=began, source=MailboxSource.EXCHANGE, licensed=boxes, more=more)
        self._head(self.state(tenant).model_copy(update={"mailboxes": told}))

    def no_boxes(self, tenant: str, failure: ReadFailure = TRANSIENT) -> None:
        """They could not be read."""
        before = self.state(tenant).mailboxes or Mailboxes()
        failed = before.model_copy(update={"failure": failure})
        self._head(self.state(tenant).model_copy(update={"mailboxes": failed}))

    def terms(self, tenant: str, *terms: Term, ago: timedelta = timedelta(0)) -> None:
        """The terms of the tenant's subscriptions were read, some time ago."""
        told = Terms(began=self.now - timedelta(minutes=9) - ago, known=pack(terms))
        self._head(self.state(tenant).model_copy(update={"terms": told}))

    def fail(self, tenant: str, failure: ReadFailure = TRANSIENT) -> None:
        """The tenant could not be read in the newest run."""
        state = self.state(tenant)
        changes = {
            "run": self.run,
            "status": ReadStatus.NOT_READ,
            "failure": failure,
            "unread_since": state.unread_since or self.now,
        }
        self._head(state.model_copy(update=changes))

    def state(self, tenant: str) -> TenantState:
        row = self.tables.get(keys.tenant_state(self.account.id, tenant))
        return row.read(TenantState) if row else TenantState(tenant_id=tenant)

    def _head(self, state: TenantState) -> None:
        self.tables.commit([Put(keys.tenant_state(self.account.id, state.tenant_id), state)])

    def map(self, tenant: str, *mappings: LicenceMapping) -> None:
        document = TenantMappings(tenant_id=tenant, mappings=mappings)
        decide(self.tables, self.account.id, MAPPINGS, tenant, document, Decider("t", "", self.now))
        kept = agreement_store.get(self.tables, self.account.id, "cw", "12").record.lines
        new = [one.id for one in mappings if one.bill and one.id not in kept]
        if new:
            seen_by_none = (line(name, tenant, confirmed=None, unit_price=None) for name in new)
            self.lines(*kept.values(), *seen_by_none)

    def lines(self, *lines: LineRecord, agreement: str = "12", **changes: object) -> None:
        """What is remembered about the lines of an agreement, all of them."""
        kept = agreement_store.get(self.tables, self.account.id, "cw", agreement)
        update = {"lines": {one.mapping_id: one for one in lines}, **changes}
        record = AgreementRecord.model_validate({**dict(kept.record), **update})
        agreement_store.save(self.tables, self.account.id, kept, record)

    def psa_trouble(self, code: str = "", sentence: str = "", *, sign_in: bool = False) -> None:
        failure = ConnectionFailure(connection="cw", code=code, sentence=sentence, sign_in=sign_in)
        save_connection_failure(self.tables, self.account.id, failure)

    def psa_fails(self, why: PsaRefused) -> None:
        save_connection_failure(self.tables, self.account.id, ConnectionFailure.of("cw", why))

    def start_run(self) -> None:
        self.run = self.now.date().isoformat()
        run = Run(
            id=self.run,
            on=self.now.date(),
            started_at=self.now - timedelta(minutes=10),
            state=RunState.CLOSED,
            closed_at=self.now,
        )
        runs.start(self.tables, self.account.id, run)

    def close_night(self, read: int, not_read: int) -> None:
        """The newest night counted so many tenants."""
        counted = {"read": read, "not_read": not_read}
        runs.update(self.tables, self.account.id, self.run, lambda run: run.model_copy(update=counted))

    def unclose(self) -> None:
        """No nightly run ever came to its end."""
        runs.update(
            self.tables,
            self.account.id,
            self.run,
            lambda run: run.model_copy(update={"closed_at": None, "state": RunState.READING}),
        )

    def sleep(self, nights: int = 1) -> None:
        """The next night: its run is closed; every tenant that was read is read again with the same numbers."""
        self.now += nights * DAY
        self.start_run()
        for row in list(self.tables.rows(keys.tenants(self.account.id), "head|")):
            state = row.read(TenantState)
            if state.status is ReadStatus.READ and state.snapshot is not None:
                self.read(state.tenant_id, *state.snapshot.skus, subscriptions=state.snapshot.subscriptions)
            elif state.failure is not None:
                self.fail(state.tenant_id, state.failure)

    def evaluate(self) -> Evaluation:
        return evaluate.evaluate(
            self.tables, self.blobs, self.account, self.run, lambda sku_id, part: part or sku_id, self.now
        )

    def mail(self) -> Rendered:
        """The digest of somebody who was told nothing yet, after an evaluation now."""
        evaluation = self.evaluate()
        alerts = evaluate.open_alerts(self.tables, self.account.id)
        mail = decide_mail(alerts, DigestMemory(), self.account, evaluation, due=True, now=self.now)
        assert mail is not None, "there is nothing to say"
        words = DigestWords(self.account, evaluation, self.account.digest.recipients[0], self.now)
        return compose(mail, DigestMemory(), words).rendered

    def alerts(self, slug: str | None = None) -> list[Alert]:
        """The open alerts of a type after an evaluation now."""
        self.evaluate()
        found = evaluate.open_alerts(self.tables, self.account.id)
        return [alert for alert in found if slug is None or alert.finding.slug == slug]

    def only(self, slug: str) -> Alert:
        (alert,) = self.alerts(slug)
        return alert

    def exclude(self, exclusion: Exclusion) -> None:
        exclusions.exclude(
            self.tables, self.account.id, exclusion, Decider("ann@msp.example", "agreed", self.now)
        )

    def set_parameters(self, **parameters: MappingOf[str, JsonValue]) -> None:
        """By the slug of an alert type."""
        self.account = self.account.model_copy(update={"alert_parameters": parameters})

    def switch_off(self, *slugs: str) -> None:
        off = self.account.model_copy(update={"alerts_off": frozenset(slugs)})
        self.account = saved_settings.with_optional_reads(off)
