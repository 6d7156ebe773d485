"""The plan: what a push would do to every line of an account. Pure; preview and push are this same code.

Three steps, each a function of its inputs: what each line should say and does not (`changes`), which of that must wait
(`guard.hold_reasons`), and what the records say afterwards (`apply_to`).
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from sys import intern

from shared.accounts.account import Account, Mode
from shared.billing.models import (
    AgreementRecord,
    BillingProfile,
    Change,
    Hold,
    HoldReason,
    LineKey,
    LineRecord,
    Options,
    Unplanned,
    UnplannedReason,
    Verdict,
)
from shared.billing.models import LicenceMapping as LineMapping
from shared.billing.planning import guard
from shared.billing.planning.freshness import not_fresh
from shared.billing.planning.quantities import other_sellers, wanted
from shared.billing.planning.sellers import has_new_seller, known_sellers
from shared.billing.psa.base import BillableOption
from shared.licensing.licences import LicenceRows, NotCountable
from shared.licensing.tenant_state import TenantState


@dataclass(frozen=True, slots=True)
class Wish:
    """What one mapping wants of its line. An account has tens of thousands: it holds no more than is needed."""

    mapping_id: str
    connection: str
    agreement_id: str
    """Where the mapping's line is: one that it left elsewhere is not its line any more."""
    line_id: str
    """The line that the mapping names; "" asks for one of its own."""
    product_id: str
    tenant_id: str
    quantity: int | None
    """None when the snapshot gives no number to trust."""
    why_not: Unplanned | None
    """Why the line must not be written by this wish."""
    billable: BillableOption
    options: Options
    other_sellers: frozenset[str] = frozenset()
    """Who else sold seats of the quantity, where nobody was asked about them."""

    @classmethod
    def of(
        cls,
        mapping: LineMapping,
        profile: BillingProfile,
        tenant_id: str,
        quantity: int | None = None,
        why_not: Unplanned | None = None,
        other_sellers: frozenset[str] = frozenset(),
    ) -> "Wish":
        plain = mapping.options == _PLAIN
        return cls(
            mapping_id=mapping.id,
            connection=intern(mapping.connection),
            agreement_id=mapping.agreement_id,
            line_id=mapping.line_id,
            product_id=intern(profile.product_id),
            tenant_id=tenant_id,
            quantity=quantity,
            why_not=why_not,
            billable=profile.billable,
            options=_PLAIN if plain else mapping.options,
            other_sellers=other_sellers,
        )

    def is_of(self, record: AgreementRecord) -> bool:
        return (self.connection, self.agreement_id) == (record.connection, record.agreement_id)

    def is_for(self, record: AgreementRecord, line: LineRecord) -> bool:
        """Of this record, and about the very line that is kept there."""
        return self.is_of(record) and line.serves(self.line_id)


_PLAIN = Options()


@dataclass(frozen=True)
class Plan:
    """Every change of the account. `holds` are reasons by change id; a change without one may be written."""

    changes: tuple[Change, ...]
    holds: Mapping[str, tuple[HoldReason, ...]]
    approved: frozenset[str]
    live: bool
    why_not: Mapping[str, Unplanned]
    """By mapping id: why a line that may be out of step is not planned."""
    unwanted: frozenset[str]
    """Mapping ids of lines with a hold whose number nobody wants any more."""
    sellers: Mapping[str, tuple[str, ...]]
    """By mapping id: who else is known from now on to have sold seats of the line."""

    @cached_property
    def by_line(self) -> dict[LineKey, Change]:
        return {change.key: change for change in self.changes}

    def allowed(self, change: Change) -> bool:
        return self.live and change.id not in self.holds


def wishes(
    state: TenantState,
    mappings: Iterable[LineMapping],
    profiles: Mapping[str, BillingProfile],
    ours: Collection[str],
    now: datetime,
) -> list[Wish]:
    """What the billing mappings of one tenant want, by its newest accepted snapshot. `ours` are our partners' ids."""
    if state.snapshot is None:
        return []
    old = not_fresh(state.status, state.snapshot, now)
    rows = LicenceRows(state.snapshot, ours)
    return [
        _wish(state.tenant_id, rows, mapping, profiles[mapping.profile], old)
        for mapping in mappings
        if mapping.bill
    ]


def _wish(
    tenant_id: str,
    rows: LicenceRows,
    mapping: LineMapping,
    profile: BillingProfile,
    too_old: Unplanned | None,
) -> Wish:
    try:
        quantity = wanted(mapping, rows)
        sellers = other_sellers(mapping, rows)
        return Wish.of(mapping, profile, tenant_id, quantity, too_old, sellers)
    except NotCountable as unclear:
        return Wish.of(mapping, profile, tenant_id, None, too_old or _not_countable(unclear))


def _not_countable(why: NotCountable) -> Unplanned:
    return Unplanned(reason=UnplannedReason.NOT_COUNTABLE, text=str(why))


def make(
    account: Account,
    wished: Mapping[str, Wish],
    records: Iterable[AgreementRecord],
    suspicious: frozenset[str],
    now: datetime,
) -> Plan:
    """Plan the account. `wished` is by mapping id; `records` are looked at once, one after the other.

    `suspicious` are tenants with doubts.
    """
    changes: list[Change] = []
    undecided: list[Change] = []
    approved: set[str] = set()
    holds: dict[str, tuple[HoldReason, ...]] = {}
    why_not: dict[str, Unplanned] = {}
    unwanted: set[str] = set()
    sellers: dict[str, tuple[str, ...]] = {}
    seats = guard.Seats()
    for record in records:
        for line in record.lines.values():
            seats.add(line, now)
            wish = wished.get(line.mapping_id)
            if wish is None or not wish.is_of(record):
                continue
            if _is_unwanted(line.hold, wish):
                unwanted.add(wish.mapping_id)
            change = _change(record, wish, line)
            if why := _why_not(wish, line, change):
                why_not[wish.mapping_id] = why
                continue
            if change is None:
                _know(sellers, line, wish, in_step=line.line_id != "" and line.confirmed == wish.quantity)
                continue
            changes.append(change)
            verdict = _decided(line, change)
            if verdict is Verdict.APPROVED:
                approved.add(change.id)
                _know(sellers, line, wish, approved=True)
            elif verdict is None:
                undecided.append(change)
            waits = _waits_already(line, wish, change, verdict, prorates=record.prorates)
            if waits is not None:
                holds[change.id] = waits
    for change_id, reasons in guard.hold_reasons(undecided, seats, suspicious, account.guard).items():
        holds[change_id] = tuple(dict.fromkeys((*reasons, *holds.get(change_id, ()))))
    live = account.mode is Mode.LIVE
    return Plan(
        tuple(changes),
        holds,
        frozenset(approved),
        live,
        why_not,
        frozenset(unwanted),
        sellers,
    )


def _know(
    sellers: dict[str, tuple[str, ...]],
    line: LineRecord,
    wish: Wish,
    *,
    in_step: bool = False,
    approved: bool = False,
) -> None:
    known = known_sellers(line, wish.other_sellers, in_step=in_step, approved=approved)
    if known is not None and known != line.other_sellers:
        sellers[wish.mapping_id] = known


def _is_unwanted(hold: Hold | None, wish: Wish) -> bool:
    if hold is None or wish.quantity is None or wish.why_not:
        return False
    return wish.quantity != hold.change.after


def _why_not(wish: Wish, line: LineRecord, change: Change | None) -> Unplanned | None:
    """Why a line that may be out of step is not planned, or that what is kept is not the line in force."""
    if not line.serves(wish.line_id):
        return Unplanned(reason=UnplannedReason.ANOTHER_LINE)
    if wish.product_id != line.product_id:
        return Unplanned(reason=UnplannedReason.ANOTHER_PRODUCT)
    return wish.why_not if change is not None or wish.quantity is None else None


def _change(record: AgreementRecord, wish: Wish, line: LineRecord) -> Change | None:
    """The change of one line, or None when it is in step, not seen yet, or not ours to touch now."""
    quantity = wish.quantity
    if quantity is None or line.intent is not None or line.blocked or line.drift is not None:
        return None
    if line.line_id:
        if line.confirmed is None or line.confirmed == quantity:
            return None
        before, effective = line.confirmed, None
    else:
        if quantity == 0:
            return None
        before, effective = 0, wish.options.starts
    return Change(
        mapping_id=line.mapping_id,
        tenant_id=wish.tenant_id,
        connection=record.connection,
        agreement_id=record.agreement_id,
        line_id=line.line_id,
        before=before,
        after=quantity,
        effective=effective,
        id=change_id(line.mapping_id, line.line_id, before, quantity, effective),
    )


def must_plan_again(before: AgreementRecord, after: AgreementRecord, wished: Mapping[str, Wish]) -> bool:
    """A plan that was made from the record before a look lacks a change: the look freed a line that is out of step."""
    for line in after.lines.values():
        was, wish = before.lines[line.mapping_id], wished.get(line.mapping_id)
        if line != was and wish is not None and wish.is_of(after):
            change = _change(after, wish, line)
            if change is not None and change != _change(before, wish, was):
                return True
    return False


def change_id(mapping_id: str, line_id: str, before: int, after: int, effective: object) -> str:
    """The same numbers of the same line are the same change, so its hold and its approval last over nights."""
    text = f"{mapping_id}|{line_id}|{before}|{after}|{effective or ''}"
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _decided(line: LineRecord, change: Change) -> Verdict | None:
    """A person's word on exactly these numbers."""
    if line.hold is None or line.hold.change.id != change.id or line.hold.decided is None:
        return None
    return line.hold.decided.verdict


def _waits_already(
    line: LineRecord, wish: Wish, change: Change, verdict: Verdict | None, *, prorates: bool
) -> tuple[HoldReason, ...] | None:
    """Why the change waits before the guard has seen it; None when it does not."""
    earlier = _earlier_reasons(line, change)
    waits = verdict is Verdict.REJECTED or (verdict is None and change.loss > 0 and earlier != ())
    if verdict is None and has_new_seller(line, wish.other_sellers):
        waits, earlier = True, tuple(dict.fromkeys((*earlier, HoldReason.SOLD_BY_OTHERS)))
    if prorates:
        return (*(earlier if waits or verdict is Verdict.APPROVED else ()), HoldReason.PRORATION)
    return earlier if waits else None


def _earlier_reasons(line: LineRecord, change: Change) -> tuple[HoldReason, ...]:
    """Why exactly these numbers wait already: only a person frees a decrease, not a day that passes."""
    if line.hold is None or line.hold.change.id != change.id:
        return ()
    return tuple(reason for reason in line.hold.reasons if reason is not HoldReason.PRORATION)


def apply_to(record: AgreementRecord, plan: Plan, now: datetime) -> AgreementRecord:
    """The record with the plan's holds in it; a hold that no longer is part of the plan is gone.

    A hold keeps its age and a person's decision as long as its numbers stay the same.
    """
    place = record.connection, record.agreement_id
    lines = {
        mapping_id: _with_plan(line, plan.by_line.get(LineKey(*place, mapping_id)), plan, now)
        for mapping_id, line in record.lines.items()
    }
    return record if lines == record.lines else record.model_copy(update={"lines": lines})


def _with_plan(line: LineRecord, change: Change | None, plan: Plan, now: datetime) -> LineRecord:
    why_not = plan.why_not.get(line.mapping_id)
    hold, would = None, None
    if why_not or line.intent is not None:
        hold = line.hold  # nothing is known about its numbers tonight, so a person's word on them stands
    elif line.blocked or line.drift is not None:
        hold = None if line.mapping_id in plan.unwanted else line.hold
    elif change is not None and change.id in plan.holds:
        before = line.hold if line.hold and line.hold.change.id == change.id else None
        hold = Hold(
            change=change,
            reasons=plan.holds[change.id],
            since=before.since if before else now,
            decided=before.decided if before else None,
        )
    elif change is not None and change.id in plan.approved and line.hold is not None:
        hold = line.hold.model_copy(update={"reasons": _earlier_reasons(line, change)})  # it prorates no more
    elif change is not None and not plan.live:
        would = change
    sellers = plan.sellers.get(line.mapping_id, line.other_sellers)
    if (hold, would, why_not, sellers) == (line.hold, line.would, line.not_planned, line.other_sellers):
        return line
    changes = {"hold": hold, "would": would, "not_planned": why_not, "other_sellers": sellers}
    return line.model_copy(update=changes)
