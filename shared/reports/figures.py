"""The figures of a company's month from what is stored. Pure: what was not read is said, never guessed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Final

from shared.errors import Rejected
from shared.licensing.custom_licences.counting import TenantCustomLicences
from shared.licensing.licences import LicenceKey, LicenceRows
from shared.licensing.not_countable import NotCountable
from shared.licensing.tenant_state import Day
from shared.licensing.watched_skus import is_watched
from shared.microsoft.models import Sku, User
from shared.reports.models import (
    Counts,
    LicenceMonth,
    MailboxMonth,
    Month,
    MonthFacts,
    MonthFigures,
    PersonChange,
    PersonEvent,
    PersonMonth,
    SeatChange,
)

MONTHS: Final = 12
"""In the chart of seats."""
ONE_DAY: Final = timedelta(days=1)
NOTHING: Final = Counts()
_CENT: Final = Decimal("0.01")


def figures(facts: MonthFacts) -> MonthFigures:
    """Raises Rejected for a month of which nothing was read."""
    month, last = facts.month, min(facts.month.last, facts.today)
    days = _days_of(facts, last)
    known_from = max(days[0].on, month.first)
    read = [day for day in _each_day(known_from, last) if day not in facts.not_read]
    if not read:
        raise Rejected(
            f"{facts.company} could not be read on a single day of {month.first:%B %Y}: there is nothing to report.",
            "never_read",
        )
    mailboxes = facts.mailboxes
    return MonthFigures(
        company=facts.company,
        month=month,
        last=last,
        known_from=known_from,
        not_read=tuple(day for day in _each_day(known_from, last) if day in facts.not_read),
        licences=(*_licences(facts, days, read), *_custom_licences(facts, days, read)),
        people=_people(facts, days[-1]),
        person_changes=tuple(_person_changes(facts, days)),
        mailboxes=tuple(_mailboxes(facts, days[-1])),
        mailboxes_at=mailboxes.began if mailboxes else None,
        seats=tuple(_seats(facts)),
        is_filtered=facts.is_filtered,
    )


def _days_of(facts: MonthFacts, last: date) -> list[Day]:
    """What was in force when the month began, and each change in it. Raises Rejected when there is nothing."""
    month = facts.month
    if month.first > facts.today:
        raise Rejected(f"{month.first:%B %Y} is still to come: choose an earlier month.", "future", "month")
    days = [day for day in facts.days if day.on <= last]
    before = [day for day in days if day.on < month.first]
    found = [*before[-1:], *(day for day in days if day.on >= month.first)]
    if not found:
        raise Rejected(
            f"{facts.company} had not been read by the end of {month.first:%B %Y}: choose a later month.",
            "before_first_read",
            "month",
        )
    return found


def _each_day(first: date, last: date) -> Iterator[date]:
    return (first + number * ONE_DAY for number in range((last - first).days + 1))


def _licences(facts: MonthFacts, days: Sequence[Day], read: Sequence[date]) -> Iterator[LicenceMonth]:
    """Each licence that had a seat on any day of the month, by name."""
    counted = [(day.on, _counted(facts, day)) for day in days]
    there = {key: sku for _, rows in counted for key, (sku, _) in rows.items()}
    found = [(facts.names(key.sku_id, sku.part_number), key) for key, sku in there.items()]
    nothing = Counts(None, 0) if facts.is_filtered else NOTHING
    for name, key in sorted(found, key=lambda row: (row[0].casefold(), row[1])):
        history = [(on, rows[key][1] if key in rows else nothing) for on, rows in counted]
        if all(counts == nothing for _, counts in history):
            continue
        yield LicenceMonth(
            key=key,
            name=name,
            end=history[-1][1],
            average=_average(history, read),
            changes=tuple(_changes(facts, history)),
            billed=facts.billed.get(key),
            not_billed=key in facts.do_not_bill,
        )


def _counted(facts: MonthFacts, day: Day) -> dict[LicenceKey, tuple[Sku, Counts]]:
    """The counts of a day: a row a SKU, or one a subscription where these are billed apart."""
    if facts.is_filtered:
        return _own(facts, day)
    rows = LicenceRows(day, facts.ours)
    found: dict[LicenceKey, tuple[Sku, Counts]] = {}
    for sku in day.skus:
        if not is_watched(sku, day):
            continue
        try:
            licences = (
                rows.split(sku.sku_id) if sku.sku_id in facts.by_subscription else [rows.whole(sku.sku_id)]
            )
        except NotCountable:
            found[LicenceKey(sku.sku_id)] = sku, Counts(None, sku.consumed)
            continue
        for one in licences:
            counts = Counts(one.purchased, one.assigned, one.on_trial, one.in_grace, one.suspended)
            if counts.purchased or counts.on_trial or counts.in_grace or counts.suspended:
                found[one.key] = sku, counts
    return found


def _custom_licences(facts: MonthFacts, days: Sequence[Day], read: Sequence[date]) -> Iterator[LicenceMonth]:
    """Each custom licence that is billed, by name; also one that counted nobody all month."""
    for licence in sorted(facts.custom.values(), key=lambda one: (one.name.casefold(), one.id)):
        key = LicenceKey(licence.sku_id)
        history = [(day.on, _by_rule(facts, day, key)) for day in days]
        yield LicenceMonth(
            key=key,
            name=licence.name,
            end=history[-1][1],
            average=_average(history, read),
            changes=tuple(_changes(facts, history)),
            billed=facts.billed.get(key),
            rule=licence.rule,
        )


def _by_rule(facts: MonthFacts, day: Day, key: LicenceKey) -> Counts:
    """What a custom licence counted on a day. Of a part of a tenant there is no such number."""
    if facts.is_filtered:
        return Counts(None, None)
    custom = TenantCustomLicences(facts.custom, facts.users.get(day.users_digest))
    try:
        row = custom.row(key, LicenceRows(day, facts.ours, custom))
    except NotCountable:
        return Counts(None, None)
    return Counts(row.purchased, row.assigned, row.on_trial, row.in_grace, row.suspended)


def _own(facts: MonthFacts, day: Day) -> dict[LicenceKey, tuple[Sku, Counts]]:
    """Of a part of a tenant: what its own users have, where they are known. Purchased seats are nobody's."""
    users = facts.users.get(day.users_digest)
    if users is None:
        return {}
    having = Counter(sku_id for user in users for sku_id in user.skus)
    return {
        LicenceKey(sku.sku_id): (sku, Counts(None, having[sku.sku_id]))
        for sku in day.skus
        if having[sku.sku_id] and is_watched(sku, day)
    }


def _average(history: Sequence[tuple[date, Counts]], read: Sequence[date]) -> Decimal | None:
    """Purchased seats a day, to the cent, over the days that were read and have a number."""
    known = [seats for day in read if (seats := _in_force(history, day).purchased) is not None]
    if not known:
        return None
    return (Decimal(sum(known)) / len(known)).quantize(_CENT, ROUND_HALF_UP)


def _in_force(history: Sequence[tuple[date, Counts]], day: date) -> Counts:
    return next((counts for on, counts in reversed(history) if on <= day), NOTHING)


def _changes(facts: MonthFacts, history: Sequence[tuple[date, Counts]]) -> Iterator[SeatChange]:
    """What differs from one day to the next. The first day of all is no change: nothing is known of what was before."""
    for (_, before), (on, after) in pairwise(history):
        if before != after:
            yield SeatChange(on, before, after, _not_read_since(facts, on))


def _not_read_since(facts: MonthFacts, on: date) -> date | None:
    """The first of the unread days right before a day; None: the day before was read."""
    since = None
    while (on := on - ONE_DAY) in facts.not_read:
        since = on
    return since


def _seats(facts: MonthFacts) -> Iterator[tuple[Month, int | None]]:
    month = facts.month
    months = [month]
    while len(months) < MONTHS:
        months.insert(0, months[0].before)
    for each in months:
        days = [day for day in facts.days if day.on <= each.last]
        if not days:
            yield each, None
            continue
        if facts.is_filtered:
            yield each, None
            continue
        counts = [found.purchased for _, found in _counted(facts, days[-1]).values()]
        yield each, sum(seats for seats in counts if seats is not None)


def _people(facts: MonthFacts, day: Day) -> tuple[PersonMonth, ...] | None:
    users = facts.users.get(day.users_digest)
    if users is None:
        return None
    skus = _skus_of(facts, day)
    found = (PersonMonth(user.name, user.upn, _held(user, skus)) for user in users)
    return tuple(sorted((one for one in found if one.licences), key=_by_name))


def _person_changes(facts: MonthFacts, days: Sequence[Day]) -> Iterator[PersonChange]:
    """From one day to the next whose people are both known."""
    for before, after in pairwise(days):
        if before.users_digest == after.users_digest:
            continue
        old, new = (facts.users.get(day.users_digest) for day in (before, after))
        if old is not None and new is not None:
            yield from sorted(_differences(facts, (before, old), (after, new)), key=_by_name)


def _differences(
    facts: MonthFacts, before: tuple[Day, Sequence[User]], after: tuple[Day, Sequence[User]]
) -> Iterator[PersonChange]:
    held = [
        {user.id: (user, licences) for user in users if (licences := _held(user, _skus_of(facts, day)))}
        for day, users in (before, after)
    ]
    for person in held[0].keys() | held[1].keys():
        (user, old), (new_user, new) = held[0].get(person, (None, ())), held[1].get(person, (None, ()))
        shown = new_user or user
        if shown is None or old == new:
            continue
        event = PersonEvent.NEW if not old else PersonEvent.GONE if not new else PersonEvent.CHANGED
        came, went = (
            tuple(name for name in mine if name not in others) for mine, others in ((new, old), (old, new))
        )
        yield PersonChange(after[0].on, event, shown.name, shown.upn, came, went)


def _skus_of(facts: MonthFacts, day: Day) -> Mapping[str, str]:
    """The names of the SKUs that are told of, by id."""
    return {sku.sku_id: facts.names(sku.sku_id, sku.part_number) for sku in day.skus if is_watched(sku, day)}


def _held(user: User, skus: Mapping[str, str]) -> tuple[str, ...]:
    return _named(user.skus, skus)


def _named(held: Iterable[str], skus: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted((skus[sku] for sku in held if sku in skus), key=str.casefold))


def _mailboxes(facts: MonthFacts, day: Day) -> Iterator[MailboxMonth]:
    skus = _skus_of(facts, day)
    own = {user.id for user in facts.users.get(day.users_digest) or ()}
    for mailbox in facts.mailboxes.licensed if facts.mailboxes else ():
        if facts.is_filtered and mailbox.user_id not in own:
            continue
        if names := _named(mailbox.skus, skus):
            yield MailboxMonth(mailbox.name, mailbox.address, names)


def _by_name(person: PersonMonth | PersonChange) -> tuple[str, str]:
    return person.name.casefold(), person.upn
