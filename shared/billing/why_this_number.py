"""N4: why a line said its number on a day, by what was stored then: counts, mapping, decisions and ledger."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple

from shared.accounts.account import Account
from shared.accounts.companies import tenant_as_of
from shared.accounts.company import AddedTenant, Company
from shared.billing import agreement_store
from shared.billing.ending import ending_id
from shared.billing.mapping.in_force import MAPPINGS
from shared.billing.models import (
    Drift,
    LedgerEntry,
    LedgerEvent,
    LicenceMapping,
    TenantMappings,
)
from shared.billing.planning.people import NumbersOf
from shared.billing.planning.quantities import Numbers, Shares, wanted
from shared.errors import NotFound, Rejected
from shared.licensing import snapshot as snapshots
from shared.licensing.custom_licences.counting import people_of
from shared.licensing.custom_licences.defined import defined_as_of
from shared.licensing.custom_licences.rules import CustomLicence
from shared.licensing.licences import Licence
from shared.licensing.not_countable import NotCountable
from shared.licensing.tenant_state import Day
from shared.microsoft import partner_connections
from shared.microsoft.models import User
from shared.storage.blobs import Blobs
from shared.storage.decisions import Decision, history
from shared.storage.keys import AccountId
from shared.storage.tables import Tables

TAKEN_OVER: Final = frozenset({LedgerEvent.ADOPTED, LedgerEvent.TAKEN, LedgerEvent.KEPT, LedgerEvent.SETTLED})
_SAID: Final = TAKEN_OVER | {LedgerEvent.CONFIRMED}
"""Events after which the PSA was proven to say `after`."""
WAITS: Final = {
    LedgerEvent.HELD: "a change from {before} to {after} was held for a person",
    LedgerEvent.APPROVED: "the change from {before} to {after} was approved by {who} and not written yet",
    LedgerEvent.REJECTED: "the change from {before} to {after} was rejected by {who}",
    LedgerEvent.INTENDED: "a write of {after} was begun, and nobody knows yet whether the PSA took it",
    LedgerEvent.NOT_APPLIED: "a write of {after} was proven not to have been applied",
    LedgerEvent.REFUSED: "the PSA refused {after}",
    LedgerEvent.UNKNOWN: "it was not known whether the PSA took {after}",
    LedgerEvent.UNDECIDABLE: "nothing could tell whether the PSA took {after}, so it waited for a person",
    LedgerEvent.DIVERGED: "the PSA said something that nobody had asked for",
    LedgerEvent.RELEASED: "the mapping let go of the line",
    LedgerEvent.FROZEN: "the line was frozen by {who}",
    LedgerEvent.UNFROZEN: "the line was frozen until {who} unfroze it",
}
"""What kept a line from the number of its licences."""


class LineOf(NamedTuple):
    """Which line is asked about."""

    tenant_id: str
    mapping_id: str
    added: AddedTenant | None = None
    """What companies the tenant had then, where that is known: else it is looked up."""


class SharedLine(NamedTuple):
    company: Company
    """As it was decided then."""
    users: tuple[User, ...] | None
    """Who had the licence and fitted the company's filters; None: not kept any more."""


@dataclass(frozen=True, slots=True)
class WhyThisNumber:
    """One line at the end of one local day."""

    on: date
    mapping: LicenceMapping | None
    """In force then; None: the licence was not mapped."""
    decided: Decision | None
    """The version of the tenant's mappings: who, when, and why."""
    said: LedgerEntry | None
    """What proved the number that the PSA said; None: nothing had yet."""
    waits: LedgerEntry | None
    """The newest thing that happened to the line after that; None: nothing did."""
    day: Day | None
    """The counts in force then, since `day.on`; None: the tenant had not been read yet."""
    counts: Licence | None
    """The licence's part of them; None: it was not there, or its number could not be trusted."""
    not_countable: str = ""
    wanted: int | None = None
    """What the counts and the mapping of that day give; None: they give no number."""
    shared: SharedLine | None = None
    """Of a tenant that was several companies then: whose users the line bills."""
    custom: CustomLicence | None = None
    """Of a custom licence: what it counted."""
    edited: Drift | None = None
    """What somebody entered in the PSA by then, and nobody has decided on to this day."""
    ending: LedgerEntry | None = None
    """Of a licence that was not billed any more: who said until when its line bills."""
    is_over: bool = False
    """The PSA was proven to end the line, and its last day was over."""

    @property
    def number(self) -> int | None:
        if self.is_over:
            return 0
        return self.said.after if self.said else None


def why_this_number(
    tables: Tables, blobs: Blobs, account: Account, line: LineOf, on: date, now: datetime
) -> WhyThisNumber:
    """Why the line of a mapping said its number at the end of a local day, or says it now, for today.

    Raises NotFound for a mapping that the tenant never had, Rejected for a day that is still to come.
    """
    if on > now.astimezone(account.zone).date():
        raise Rejected("This day is still to come: choose today or an earlier day.", "future", "on")
    tenant, mapping_id = line.tenant_id.lower(), line.mapping_id
    ends = datetime.combine(on + timedelta(days=1), time(), account.zone)
    versions = list(history(tables, account.id, MAPPINGS, tenant))
    newest = _mapping_of(versions, mapping_id)
    if newest is None:
        raise NotFound(f"tenant '{tenant}' never had a mapping '{mapping_id}'")
    decided = next((found for found in reversed(versions) if found.valid_from < ends), None)
    mapping = _mapping_of([decided], mapping_id) if decided else None
    places = _places(versions, mapping_id)
    said, waits = _told(tables, account.id, places, mapping_id, ends)
    day = snapshots.as_of(tables, account.id, tenant, on)
    found = WhyThisNumber(on, mapping, decided, said, waits, day, None)
    if mapping is None or not mapping.bill:
        return _until_its_last_day(tables, account.id, places, found, ends)
    found = replace(found, edited=_edited(tables, account.id, mapping, ends))
    if day is None:
        return found
    added = line.added or tenant_as_of(tables, account.id, tenant, ends)
    custom = defined_as_of(tables, account.id, mapping.sku_id, ends)
    numbers_of = NumbersOf(blobs, account.id, partner_connections.home_tenants(tables, account.id))
    numbers = numbers_of(tenant, added, day, custom)
    counts, number, trouble = _counted(numbers, mapping)
    return replace(
        found,
        counts=counts,
        not_countable=trouble,
        wanted=number,
        shared=_shared(added, mapping, numbers.shares),
        custom=custom.get(mapping.sku_id),
    )


def _shared(added: AddedTenant | None, mapping: LicenceMapping, shares: Shares | None) -> SharedLine | None:
    company = added.company(mapping.company) if added is not None else None
    if company is None or shares is None:
        return None
    users = shares.coverage.of(mapping.company, mapping.sku_id) if shares.coverage else None
    return SharedLine(company, None if users is None else tuple(users))


def people_behind(blobs: Blobs, account: AccountId, tenant_id: str, why: WhyThisNumber) -> list[User]:
    """Who had the licence on that day, by name. Raises NotFound when they are not kept, or nothing was counted."""
    if why.day is None or why.mapping is None:
        raise NotFound("nothing was counted on this day")
    mine = why.shared.users if why.shared else None
    if mine is None:
        found = snapshots.users(blobs, account, tenant_id.lower(), why.day)
        mine = (
            tuple(people_of(why.custom.rule, why.day, found))
            if why.custom
            else tuple(user for user in found if why.mapping.sku_id in user.skus)
        )
    return sorted(mine, key=lambda user: (user.name.casefold(), user.id))


def _mapping_of(versions: Collection[Decision | None], mapping_id: str) -> LicenceMapping | None:
    """As the newest of these versions that has it says."""
    for version in reversed(list(versions)):
        decided = version.read(TenantMappings) if version else None
        for mapping in decided.mappings if decided else ():
            if mapping.id == mapping_id:
                return mapping
    return None


def _places(versions: Collection[Decision], mapping_id: str) -> set[tuple[str, str]]:
    """Connections and agreements that the mapping ever named: its ledger stands there."""
    decided = [found for version in versions if (found := version.read(TenantMappings))]
    return {
        (mapping.connection, mapping.agreement_id)
        for tenant in decided
        for mapping in tenant.mappings
        if mapping.id == mapping_id and mapping.bill
    }


def _told(
    tables: Tables,
    account: AccountId,
    places: Collection[tuple[str, str]],
    mapping_id: str,
    ends: datetime,
) -> tuple[LedgerEntry | None, LedgerEntry | None]:
    """What last proved the line's number before `ends`, and the newest entry after that."""
    entries = sorted(
        (
            entry
            for connection, agreement in places
            for entry in agreement_store.ledger(tables, account, connection, agreement, mapping_id)
            if entry.at < ends
        ),
        key=lambda entry: entry.at,
    )
    proofs = [number for number, entry in enumerate(entries) if entry.event in _SAID]
    said = entries[proofs[-1]] if proofs else _remembered(tables, account, places, mapping_id, ends)
    later = [entry for entry in entries[proofs[-1] + 1 if proofs else 0 :] if entry.event in WAITS]
    return said, later[-1] if later else None


def _until_its_last_day(
    tables: Tables,
    account: AccountId,
    places: Collection[tuple[str, str]],
    found: WhyThisNumber,
    ends: datetime,
) -> WhyThisNumber:
    """With who said until when the line bills that last had a proven number, and whether it is proven to be over."""
    said = found.said
    if said is None or not said.line_id:
        return found
    name = ending_id(said.mapping_id, said.line_id)
    told = [
        entry
        for place in places
        for entry in agreement_store.ledger(tables, account, *place, name)
        if entry.at < ends and entry.line_id == said.line_id
    ]
    ending = next((entry for entry in reversed(told) if entry.event is LedgerEvent.ENDING), None)
    is_past = ending is not None and ending.last_day is not None and found.on > ending.last_day
    is_ended = any(entry.event is LedgerEvent.ENDED for entry in told)
    return replace(found, ending=ending, is_over=is_past and is_ended)


def _edited(tables: Tables, account: AccountId, mapping: LicenceMapping, ends: datetime) -> Drift | None:
    """What the line remembers of a hand edit: once a person decided, the ledger tells it."""
    record = agreement_store.get(tables, account, mapping.connection, mapping.agreement_id).record
    line = record.lines.get(mapping.id)
    return line.drift if line and line.drift and line.drift.since < ends else None


def _remembered(
    tables: Tables,
    account: AccountId,
    places: Collection[tuple[str, str]],
    mapping_id: str,
    ends: datetime,
) -> LedgerEntry | None:
    """What the line itself says was last proven, where its ledger does not begin as early."""
    for place in places:
        line = agreement_store.get(tables, account, *place).record.lines.get(mapping_id)
        if line and line.confirmed is not None and line.confirmed_at and line.confirmed_at < ends:
            return LedgerEntry.of(line, LedgerEvent.CONFIRMED, line.confirmed_at, after=line.confirmed)
    return None


def _counted(numbers: Numbers, mapping: LicenceMapping) -> tuple[Licence | None, int | None, str]:
    try:
        return numbers.rows.find(mapping.licence), wanted(mapping, *numbers), ""
    except NotCountable as trouble:
        return None, None, str(trouble)
