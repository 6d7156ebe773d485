"""A tenant's licences as a person looks at them: counts, terms, mapping and line; who has them; how they changed."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from shared.accounts.companies import added_tenants
from shared.billing import agreement_store
from shared.billing.mapping.in_force import MAPPINGS
from shared.billing.models import AgreementRecord, LicenceMapping, LineRecord, TenantMappings
from shared.errors import NotFound
from shared.licensing import snapshot as snapshots
from shared.licensing.counted_by import CountedBy, counted_by
from shared.licensing.custom_licences.counting import TenantCustomLicences, people_of
from shared.licensing.custom_licences.defined import defined, with_people
from shared.licensing.licences import Licence, LicenceKey, LicenceRows, is_purchased
from shared.licensing.not_countable import NotCountable
from shared.licensing.tenant_state import Day, TenantState
from shared.licensing.terms import known
from shared.licensing.watched_skus import is_watched
from shared.microsoft.models import Sku, Subscription, Term, User
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.decisions import get
from shared.storage.keys import AccountId
from shared.storage.tables import Tables


@dataclass(frozen=True, slots=True)
class LicenceRow:
    """One licence: of a SKU as a whole, or of one of its subscriptions where that is mapped; once for each company that
    it is mapped for.
    """

    key: LicenceKey
    part_number: str
    counts: Licence | None
    """None: the number cannot be trusted, `not_countable` says why; or the licence is gone from the tenant."""
    not_countable: str = ""
    watched: bool = True
    """False: free, a trial, or of the whole company; nobody is told of it."""
    subscriptions: tuple[tuple[Subscription, Term | None], ...] = ()
    """With what is known of the term of each."""
    mapping: LicenceMapping | None = None
    line: LineRecord | None = None
    """What is remembered about the mapping's line; None while nothing is."""
    record: AgreementRecord | None = None
    """With its agreement."""

    @property
    def parts(self) -> tuple[str, ...]:
        """Ids of the paid subscriptions that could each get a line, while nothing of the licence is mapped; () when
        there are not several.
        """
        if self.mapping is not None or self.counts is None or self.key.subscription_id:
            return ()
        paid = tuple(bought.id for bought, _ in self.subscriptions if is_purchased(bought))
        return paid if len(paid) > 1 else ()


@dataclass(frozen=True, slots=True)
class TenantLicences:
    state: TenantState
    rows: tuple[LicenceRow, ...]
    by: CountedBy


@dataclass(frozen=True, slots=True)
class LicenceDay:
    """What a licence counted from a local date on, until the next such day."""

    on: date
    counts: Licence | None
    """None: it was not there, or its number could not be trusted."""


def tenant_licences(
    tables: Tables, blobs: Blobs, account: AccountId, tenant: str, now: datetime
) -> TenantLicences:
    """What the newest accepted read says, beside what is mapped. Raises NotFound for a tenant that is not kept."""
    state = tenant_state(tables, account, tenant)
    mappings = get(tables, account, MAPPINGS, tenant, TenantMappings)
    decided = mappings.mappings if mappings else ()
    mapped: dict[LicenceKey, list[LicenceMapping]] = {}
    for mapping in decided:
        mapped.setdefault(mapping.licence, []).append(mapping)
    by = counted_by(tables, account)
    rows = [row for sku in _skus(state) for row in _rows(state, sku, mapped, by.ours, now)]
    rows += _custom_rows(blobs, account, state, by)
    there = {row.key for row in rows}
    rows += [LicenceRow(key, "", None) for key in mapped if key not in there]
    records = _records(tables, account, decided)
    with_lines = (
        _with_line(row, mapping, records.get((mapping.connection, mapping.agreement_id)))
        for row in rows
        for mapping in mapped.get(row.key, ())
    )
    unmapped = (row for row in rows if row.key not in mapped)
    return TenantLicences(state, (*with_lines, *unmapped), by)


def parts_of(tables: Tables, account: AccountId, found: TenantLicences) -> dict[LicenceKey, tuple[str, ...]]:
    """K9: what can be mapped by subscription, with the subscriptions of each. Nothing of a tenant that is shared out to
    companies: whose seat of a subscription a user has is not known.
    """
    parts = {row.key: row.parts for row in found.rows if row.parts}
    tenant = added_tenants(tables, account).get(found.state.tenant_id) if parts else None
    return parts if tenant is not None and not tenant.is_filtered else {}


def tenant_state(tables: Tables, account: AccountId, tenant: str) -> TenantState:
    """Raises NotFound for a tenant that the account never asked for."""
    row = tables.get(keys.tenant_state(account, tenant))
    if row is None:
        raise NotFound(f"tenant '{tenant}' has not been read yet")
    return row.read(TenantState)


def users_with(tables: Tables, blobs: Blobs, account: AccountId, tenant: str, sku_id: str) -> list[User]:
    """The users behind a number, by name: who had the SKU at the newest accepted read. Raises NotFound."""
    state = tenant_state(tables, account, tenant)
    if state.snapshot is None:
        raise NotFound(f"tenant '{tenant}' has not been read yet")
    found = snapshots.users(blobs, account, tenant, state.snapshot)
    licence = defined(tables, account).of_tenant(tenant).get(sku_id.lower())
    mine = (
        people_of(licence.rule, state.snapshot, found)
        if licence
        else (user for user in found if sku_id.lower() in user.skus)
    )
    return sorted(mine, key=lambda user: (user.name.casefold(), user.id))


def history(
    tables: Tables, account: AccountId, tenant: str, key: LicenceKey, since: date
) -> Iterator[LicenceDay]:
    """The licence's counts by the days on which they changed, oldest first; the first one was in force on `since`.

    Who had which licence on each day is not looked up: a custom licence that counts people has no counts here.
    """
    tenant_state(tables, account, tenant)
    by = counted_by(tables, account)
    custom = TenantCustomLicences(by.custom.of_tenant(tenant)) if key.is_custom else None
    in_force: LicenceDay | None = None
    told: LicenceDay | None = None
    for row in tables.rows(keys.tenants(account), keys.tenant_days(tenant)):
        day = row.read(Day)
        counted = LicenceDay(day.on, _counts(LicenceRows(day, by.ours, custom), key))
        if day.on <= since:
            in_force = counted
            continue
        if in_force is not None and told is None:
            yield in_force
            told = in_force
        if told is None or counted.counts != told.counts:
            yield counted
            told = counted
    if in_force is not None and told is None:
        yield in_force


def _skus(state: TenantState) -> Iterable[Sku]:
    return state.snapshot.skus if state.snapshot else ()


def _rows(
    state: TenantState,
    sku: Sku,
    mapped: Collection[LicenceKey],
    ours: Collection[str],
    now: datetime,
) -> list[LicenceRow]:
    """One row, or one per subscription where a mapping names one."""
    snapshot = state.snapshot
    if snapshot is None:
        return []
    terms, licences = known(state, now) or {}, LicenceRows(snapshot, ours)
    bought = [
        (subscription, terms.get(subscription.commerce_id))
        for subscription in snapshot.subscriptions
        if subscription.sku_id == sku.sku_id
    ]
    is_split = any(key.sku_id == sku.sku_id and key.subscription_id for key in mapped)
    try:
        counted = licences.split(sku.sku_id) if is_split else [licences.whole(sku.sku_id)]
        why = ""
    except NotCountable as wrong:
        counted, why = [], str(wrong)
    counts = {licence.key: licence for licence in counted}
    subscriptions = [subscription.id for subscription, _ in bought] if is_split else [""]
    names = [LicenceKey(sku.sku_id, id_) for id_ in subscriptions]
    return [
        LicenceRow(
            key=key,
            part_number=sku.part_number,
            counts=counts.get(key),
            not_countable=why,
            watched=is_watched(sku, snapshot),
            subscriptions=tuple(pair for pair in bought if key.subscription_id in ("", pair[0].id)),
        )
        for key in names
    ]


def _custom_rows(blobs: Blobs, account: AccountId, state: TenantState, by: CountedBy) -> Iterator[LicenceRow]:
    """K12: nobody is told that one is not mapped."""
    licences = by.custom.of_tenant(state.tenant_id)
    if state.snapshot is None or not licences:
        return
    custom = with_people(blobs, account, state.tenant_id, licences, state.snapshot)
    rows = LicenceRows(state.snapshot, by.ours, custom)
    for licence in licences.values():
        key = LicenceKey(licence.sku_id)
        try:
            yield LicenceRow(key, licence.name, rows.find(key), watched=False)
        except NotCountable as wrong:
            yield LicenceRow(key, licence.name, None, str(wrong), watched=False)


def _records(
    tables: Tables, account: AccountId, mappings: Collection[LicenceMapping]
) -> dict[tuple[str, str], AgreementRecord]:
    """By connection and agreement: each is looked at once."""
    places = {(mapping.connection, mapping.agreement_id) for mapping in mappings if mapping.bill}
    return {place: agreement_store.get(tables, account, *place).record for place in places}


def _with_line(row: LicenceRow, mapping: LicenceMapping, record: AgreementRecord | None) -> LicenceRow:
    line = record.lines.get(mapping.id) if record else None
    return replace(row, mapping=mapping, line=line, record=record if line else None)


def _counts(rows: LicenceRows, key: LicenceKey) -> Licence | None:
    try:
        return rows.find(key)
    except NotCountable:
        return None
