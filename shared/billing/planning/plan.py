"""The plan: what a push would do to every line of an account. Pure; preview and push are this same code.

Three steps, each a function of its inputs: what each line should say (`wishes`) and does not (`make`), which of that
must wait (`guard.hold_reasons`), and what the records say afterwards (`in_record.apply_to`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from shared.accounts.account import Account, Mode
from shared.billing import ending
from shared.billing.models import (
    AgreementRecord,
    Change,
    FewerSeats,
    Hold,
    HoldReason,
    LineKey,
    LineRecord,
    LineState,
    TextChange,
    Unplanned,
    UnplannedReason,
    Verdict,
    Waiting,
    change_id,
)
from shared.billing.planning import guard, proration
from shared.billing.planning.sellers import has_new_seller, known_sellers
from shared.billing.planning.text_changes import text_change
from shared.billing.planning.wishes import AccountWishes, Wish


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
    texts: Mapping[LineKey, TextChange] = field(default_factory=dict)
    """No part of what is held, approved or counted. None is of a line whose number waits."""
    waiting: frozenset[str] = frozenset()
    """Changes that go out as soon as the line that billed the same seats before is proven to end."""
    forgone: frozenset[str] = frozenset()
    """Mapping ids of lines whose second line was made for seats that are gone again."""
    scheduled: Mapping[str, Waiting] = field(default_factory=dict)
    """By mapping id: changes that count from a later day, and are not written before."""

    @cached_property
    def by_line(self) -> dict[LineKey, Change]:
        return {change.key: change for change in self.changes}

    def allowed(self, change: Change) -> bool:
        waits = change.id in self.holds or change.id in self.waiting or self.is_scheduled(change)
        return self.live and not waits

    def is_scheduled(self, change: Change) -> bool:
        """It counts from a later day."""
        return change.mapping_id in self.scheduled and change.ends is None


def make(
    account: Account,
    wished: AccountWishes,
    records: Iterable[AgreementRecord],
    suspicious: frozenset[str],
    now: datetime,
) -> Plan:
    """`records` are looked at once, one by one; `suspicious` are tenants with doubts."""
    today = now.astimezone(account.zone).date()
    draft = _Draft(today)
    for record in records:
        mine = wished.of(record)
        for line in record.lines.values():
            draft.seats.add(line, now, today)
            if line.ending is not None:
                draft.end(record, line)
                continue
            wish = mine.get(line.mapping_id)
            if wish is not None and wish.is_of(record):
                draft.add(record, line, wish)
    draft.wait_for_old_lines()
    draft.wait(guard.hold_reasons(draft.undecided, draft.seats, suspicious, account.guard))
    return draft.plan(live=account.mode is Mode.LIVE)


class _Draft:
    """A plan in the making, line by line. The fields are those of the plan."""

    def __init__(self, today: date) -> None:
        self._today = today
        self.seats = guard.Seats()
        """Every line's, also of those without a change: a loss is judged against all."""
        self.undecided: list[Change] = []
        """Changes that nobody said a word on yet: the guard looks at these."""
        self._changes: list[Change] = []
        self._holds: dict[str, tuple[HoldReason, ...]] = {}
        self._approved: set[str] = set()
        self._why_not: dict[str, Unplanned] = {}
        self._unwanted: set[str] = set()
        self._sellers: dict[str, tuple[str, ...]] = {}
        self._old_lines: dict[str, LineRecord] = {}
        """Lines that are not proven to end, by the mappings whose new line waits for that."""
        self._waiting: set[str] = set()
        self._texts: dict[LineKey, TextChange] = {}
        self._forgone: set[str] = set()
        self._scheduled: dict[str, Waiting] = {}

    def end(self, record: AgreementRecord, line: LineRecord) -> None:
        """A person said the day, so nothing of it is held."""
        if change := ending.change(record, line):
            self._changes.append(change)
        over = line.rests and ending.is_past(line, self._today)
        if line.ending is not None and not line.is_ended and not over:
            self._old_lines.update(dict.fromkeys(line.ending.replaced_by, line))

    def wait_for_old_lines(self) -> None:
        """No line is written before the one that billed the same seats is proven to end: never are both billed."""
        for change in tuple(self._changes):
            old = self._old_lines.get(change.mapping_id)
            if old is None:
                continue
            self._waiting.add(change.id)
            if old.state not in (LineState.IN_STEP, LineState.SCHEDULED):
                self._changes.remove(change)
                self._why_not[change.mapping_id] = Unplanned(reason=UnplannedReason.OLD_LINE)
        self.undecided = [change for change in self.undecided if change.id not in self._waiting]

    def add(self, record: AgreementRecord, line: LineRecord, wish: Wish) -> None:
        """What a line should say and does not, or why that is not known."""
        if _is_unwanted(line.hold, wish):
            self._unwanted.add(wish.mapping_id)
        change = change_of(record, wish, line)
        if why := why_not_planned(wish, line, change):
            self._why_not[wish.mapping_id] = why
            return
        if text := text_change(record, line, wish):
            self._texts[text.key] = text
        if change is None:
            in_step = line.line_id != "" and line.confirmed == wish.quantity
            self._know(line, wish, in_step=in_step)
            if in_step and proration.is_forgone(line):
                self._forgone.add(wish.mapping_id)
        else:
            self._add_prorated(record, line, wish, change)

    def _add_prorated(self, record: AgreementRecord, line: LineRecord, wish: Wish, change: Change) -> None:
        """The change with what bills the rest of a period; one that counts from a later day waits for it."""
        credit = wish.options.fewer_seats is FewerSeats.CREDITED
        begins = proration.begins(record, line, change, wish.options, self._today)
        if _is_asked_for(line, change):
            begins = proration.Begins()
        if begins.day is not None and begins.day > self._today:
            self._changes.append(change.model_copy(update={"counts_from": begins.day}))
            self._scheduled[wish.mapping_id] = Waiting(day=begins.day, more=change.after > change.before)
            return
        if begins.day is not None or begins.looks_first:
            said = {"counts_from": begins.day, "looks_first": begins.looks_first}
            change = change.model_copy(update=said)
        change = proration.second_line(record, line, change, self._today, credit=credit)
        prorates = begins.unknown or proration.is_unknown(record, line, change, self._today, credit=credit)
        self._add_change(change, line, wish, prorates=prorates)

    def _add_change(self, change: Change, line: LineRecord, wish: Wish, *, prorates: bool) -> None:
        self._changes.append(change)
        verdict = _decided(line, change)
        if verdict is Verdict.APPROVED:
            self._approved.add(change.id)
            self._know(line, wish, approved=True)
        elif verdict is None:
            self.undecided.append(change)
        waits = _waits_already(line, wish, change, verdict, prorates=prorates)
        if waits is not None:
            self._holds[change.id] = waits

    def _know(self, line: LineRecord, wish: Wish, *, in_step: bool = False, approved: bool = False) -> None:
        known = known_sellers(line, wish.other_sellers, in_step=in_step, approved=approved)
        if known is not None and known != line.other_sellers:
            self._sellers[wish.mapping_id] = known

    def wait(self, reasons: Mapping[str, tuple[HoldReason, ...]]) -> None:
        """What the guard holds, by change id, before what held it already."""
        for id_, why in reasons.items():
            self._holds[id_] = tuple(dict.fromkeys((*why, *self._holds.get(id_, ()))))

    def plan(self, *, live: bool) -> Plan:
        wait = self._holds.keys() | self._waiting
        keys = {c.key for c in self._changes if c.id in wait or c.mapping_id in self._scheduled}
        return Plan(
            changes=tuple(self._changes),
            holds=self._holds,
            approved=frozenset(self._approved),
            live=live,
            why_not=self._why_not,
            unwanted=frozenset(self._unwanted),
            sellers=self._sellers,
            waiting=frozenset(self._waiting),
            texts={key: text for key, text in self._texts.items() if key not in keys},
            forgone=frozenset(self._forgone),
            scheduled=self._scheduled,
        )


def _is_unwanted(hold: Hold | None, wish: Wish) -> bool:
    if hold is None or wish.quantity is None or wish.why_not:
        return False
    return wish.quantity != hold.change.after


def why_not_planned(wish: Wish, line: LineRecord, change: Change | None) -> Unplanned | None:
    """Why a line that may be out of step is not planned, or that what is kept is not the line in force."""
    if not line.serves(wish.line_id):
        return Unplanned(reason=UnplannedReason.ANOTHER_LINE)
    if wish.product_id != line.product_id:
        return Unplanned(reason=UnplannedReason.ANOTHER_PRODUCT)
    return wish.why_not if change is not None or wish.quantity is None else None


def change_of(record: AgreementRecord, wish: Wish, line: LineRecord) -> Change | None:
    """The change of one line, or None when it is in step, not seen yet, or not ours to touch now."""
    quantity = wish.quantity
    if quantity is None or line.intent is not None or line.blocked or line.frozen or line.drift is not None:
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


def _decided(line: LineRecord, change: Change) -> Verdict | None:
    """A person's word on exactly these numbers."""
    if line.hold is None or line.hold.change.id != change.id or line.hold.decided is None:
        return None
    return line.hold.decided.verdict


def _is_asked_for(line: LineRecord, change: Change) -> bool:
    """A person wants this very number: ours is kept, or a change undone. It waits for no period to be over."""
    return line.is_approved(change.id) and line.hold is not None and not line.hold.reasons


def _waits_already(
    line: LineRecord, wish: Wish, change: Change, verdict: Verdict | None, *, prorates: bool
) -> tuple[HoldReason, ...] | None:
    """Why the change waits before the guard has seen it; None when it does not."""
    earlier = earlier_reasons(line, change)
    waits = verdict is Verdict.REJECTED or (verdict is None and change.loss > 0 and earlier != ())
    if verdict is None and has_new_seller(line, wish.other_sellers):
        waits, earlier = True, tuple(dict.fromkeys((*earlier, HoldReason.SOLD_BY_OTHERS)))
    if prorates:
        return (*(earlier if waits or verdict is Verdict.APPROVED else ()), HoldReason.PRORATION)
    return earlier if waits else None


def earlier_reasons(line: LineRecord, change: Change) -> tuple[HoldReason, ...]:
    """Why exactly these numbers wait already: only a person frees a decrease, not a day that passes."""
    if line.hold is None or line.hold.change.id != change.id:
        return ()
    return tuple(reason for reason in line.hold.reasons if reason is not HoldReason.PRORATION)
