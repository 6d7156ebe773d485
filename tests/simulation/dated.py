"""Until when a line bills, and what is billed beside it: by arithmetic of its own."""

import calendar
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo

from shared.billing.models import FewerSeats, LicenceMapping, MoreSeats
from tests.simulation.mapping_life import Decided
from tests.simulation.truth import Applied, SecondLine, Truth


def ended_lines(
    decided: Decided, truth: Truth, mapping_of: Mapping[str, str], told: Collection[str], today: date
) -> Iterator[str]:
    """After its last day a line bills nothing, until then it bills, and no other line bills its seats beside it.

    `told`: lines that say why they could not be ended yet.
    """
    for said in decided.ended.values():
        # A line without seats is let go at once: what somebody enters there later is theirs.
        is_theirs = not said.seats and any(at.date() > said.last_day for at in truth.edits_of(said.line))
        bills = truth.seats_on(said.line, today) > 0 and not is_theirs
        if today > said.last_day and bills and said.line not in told:
            yield f"ended: line {said.line} was to end on {said.last_day}, and bills on {today}"
        on_last = truth.seats_on(said.line, said.last_day)
        begun = truth.bills_first_on(said.line) <= said.last_day
        if said.seats and begun and not on_last and not truth.edits_of(said.line):
            yield f"ended: line {said.line} was to bill until {said.last_day}, and does not bill on that day"
        is_over = today > said.last_day and said.line not in told
        for second in truth.second_lines() if is_over else ():
            is_beside = second.mapping == said.mapping and second.seats > 0 and second.line not in told
            if is_beside and second.begins <= said.last_day < second.ends:
                yield f"ended: line {second.line} bills beside line {said.line}, which ended on {said.last_day}"
        for line, mapping in mapping_of.items():
            is_newer = mapping == said.mapping and int(line) > int(said.line)
            is_by_us = not truth.edits_of(line) and not truth.edits_of(said.line)
            if is_newer and is_by_us and on_last and truth.seats_on(line, said.last_day):
                yield f"doubled: lines {said.line} and {line} both bill {said.mapping} on {said.last_day}"


def days_of_changes(
    truth: Truth,
    mapping_of: Mapping[str, str],
    versions: Mapping[str, Collection[LicenceMapping]],
    ended: Collection[str],
    zone: tzinfo,
) -> Iterator[str]:
    """In Autotask seats count from the day, or the period, that their mapping says; a line has one change a day."""
    for write, day, taken in truth.adjusted():
        known = versions.get(mapping_of.get(write.line, ""), ())
        is_more = write.difference > 0
        choices = {v.options.more_seats if is_more else v.options.fewer_seats for v in known}
        if len(choices) != 1 or write.line in ended or (is_more and not write.before):
            continue
        written = write.at.astimezone(zone).date()
        of_period = choices <= {MoreSeats.FROM_PERIOD_START, FewerSeats.NEXT_PERIOD}
        is_right = day.day == 1 if of_period else abs((day - written).days) <= 1
        since = [each for each in taken if each >= written]
        is_moved_on = bool(taken) and day == max(taken) + timedelta(days=1) <= written + timedelta(
            len(since) + 1
        )
        if not is_right and not is_moved_on:
            yield f"day: {write.difference} seats of line {write.line} count from {day}, written on {written}"


def second_lines(
    truth: Truth,
    writes: Iterable[Applied],
    mapping_of: Mapping[str, str],
    versions: Mapping[str, Collection[LicenceMapping]],
    settled: Collection[str],
    waiting: Collection[str],
    ended: Collection[tuple[str, date]],
    now: datetime,
) -> Iterator[str]:
    """Of a period that is billed already, each seat that came within it is billed once for the rest of it.

    `settled`: lines that are in step; `waiting`: mappings whose line is not: its own number may still have to follow.
    `ended`: mappings with a last day of their line, on which what is beside it ends too.
    A period is a month. By line, what we wrote within one gives what is owed: seats above what was paid; fewer seats
    are paid back only where the mapping says so. `now` is in the account's zone.
    """
    zone = now.tzinfo
    seconds: dict[tuple[str, date], list[SecondLine]] = defaultdict(list)
    by_hand: set[tuple[str, date]] = set()
    for second in truth.second_lines():
        seconds[second.mapping, _month_end(second.begins)].append(second)
        if truth.edits_of(second.line):
            by_hand.add((second.mapping, _month_end(second.begins)))
        if second.ends != _month_end(second.begins) and (second.mapping, second.ends) not in ended:
            yield f"second line: {second.line} bills from {second.begins} to {second.ends}"
    changes: dict[tuple[str, date], list[Applied]] = defaultdict(list)
    for write in writes:
        if write.kind == "connectwise" and write.line in mapping_of and write.after is not None:
            day = write.at.astimezone(zone).date()
            # Before its first day nothing of a line is billed: as if it was just made.
            is_to_begin = day < truth.bills_first_on(write.line)
            told = replace(write, before=None) if is_to_begin else write
            changes[write.line, _month_end(day)].append(told)
    owed: dict[tuple[str, date], tuple[int, int, set[str]]] = {}
    for (line, ends), mine in changes.items():
        mapping = mapping_of[line]
        paid_back = {
            version.options.fewer_seats is FewerSeats.CREDITED for version in versions.get(mapping, ())
        }
        least, most, lines = owed.get((mapping, ends), (0, 0, set()))
        exact, at_most = (
            _owed(mine, credit=True in paid_back),
            sum(max(0, w.difference) for w in mine if w.before is not None),
        )
        is_plain = len(paid_back) == 1 and not truth.edits_of(line) and truth.prorates(mine[0].agreement)
        owed[mapping, ends] = (least + exact if is_plain else -(10**6), most + at_most, lines | {line})
    for (mapping, ends), found in seconds.items():
        if ends < now.date() or (mapping, ends) in by_hand:
            continue  # judged while it went on; what a person entered is theirs
        seats = sum(second.seats for second in found)
        exact, most, lines = owed.get((mapping, ends), (0, 0, set()))
        if mapping in waiting:
            newest = max(
                (change.at.astimezone(zone).date() for line in lines for change in changes[line, ends]),
                default=date.min,
            )
            most += sum(second.seats for second in found if second.begins >= newest)
        if seats > most:
            yield f"doubled: second lines of {mapping} until {ends} bill {seats}, and only {most} came"
        elif lines and lines <= set(settled) and exact >= -(10**4) and seats != exact:
            yield f"second line: those of {mapping} until {ends} bill {seats}, and {exact} are owed"
    for (mapping, ends), (exact, _, lines) in owed.items():
        is_over = ends < now.date()
        if exact > 0 and not is_over and lines <= set(settled) and (mapping, ends) not in seconds:
            yield f"lost: {exact} seats of {mapping} came before {ends}, and no second line bills them"


def _owed(changes: Iterable[Applied], *, credit: bool) -> int:
    paid, owed = None, 0
    for write in changes:
        if write.before is None:
            paid = None
            continue
        were = write.before if paid is None else paid
        more = (write.after or 0) - were
        if more > 0 or credit:
            owed += more
            were += more
        paid = were
    return owed


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
