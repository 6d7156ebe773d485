"""What a fresh read of an agreement's lines means for what is remembered about them. Pure."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from shared.billing import ending
from shared.billing.models import (
    OF_THE_AGREEMENT,
    AgreementRecord,
    Block,
    BlockReason,
    Drift,
    FewerSeats,
    LedgerEntry,
    LedgerEvent,
    LineRecord,
    LineText,
)
from shared.billing.planning.proration import still_paid
from shared.billing.planning.wishes import Wish
from shared.billing.psa.base import Line
from shared.billing.psa.texts import digest, plain, same
from shared.billing.psa.write_failures import WriteFailure, WriteFailureReason


def reconciled(
    record: AgreementRecord,
    fresh: Mapping[str, Line],
    wishes: Mapping[str, Wish],
    now: datetime,
    run: str = "",
) -> AgreementRecord:
    """The record after a complete read of the agreement's lines (by line id); `wishes` are by mapping id.

    `now` is in the account's zone: its date is the day on which a line is billed or not.

    A line with an open intent is left alone: its own read-back says what became of it. `run` is the run that looks.
    """
    owned = {line.line_id for line in record.lines.values()}
    fresh = {
        id_: replace(found, marker="") if id_ in record.let_go else found for id_, found in fresh.items()
    }
    lines, let_go = {}, record.let_go
    for mapping_id, line in record.lines.items():
        if line.ending is not None:
            if seen := ending.looked_at(line, fresh.get(line.line_id), now.date()):
                lines[mapping_id] = _over(seen, None, run)
            else:
                let_go = (*let_go, line.line_id)
            continue
        wish = wishes.get(mapping_id)
        wish = wish if wish is not None and wish.is_for(record, line) else None
        seen = _over(_one(record, line, fresh, owned, wish, now), wish, run)
        lines[mapping_id] = _with_second_lines(seen, fresh)
    return AgreementRecord.model_validate(
        {**dict(record), "lines": lines, "let_go": let_go, "read_at": now, "unreadable": None}
    )


def _one(
    record: AgreementRecord,
    line: LineRecord,
    fresh: Mapping[str, Line],
    owned: set[str],
    wish: Wish | None,
    now: datetime,
) -> LineRecord:
    if line.intent is not None:
        return line
    mine = line if line.line_id else _created(line, fresh, owned, _start(wish, now))
    if not mine.line_id:
        return _blocked(mine, _to_create(mine, fresh, owned, wish, now))
    there = fresh.get(mine.line_id)
    seen = _with_text(_seen(record, mine, there, wish, now), there, wish)
    return seen if seen.blocked else _blocked(seen, _second(seen, fresh, owned, now.date()))


def _with_text(line: LineRecord, there: Line | None, wish: Wish | None) -> LineRecord:
    """What the customer reads, of a line whose text Seatwise looks after, or did."""
    if there is None or (line.text is None and not (wish is not None and wish.options.has_text)):
        return line
    known, shown = line.text or LineText(), plain(there.text)
    if wish is not None and wish.options.has_text and wish.text and same(shown, wish.text):
        # Just what we would write, whoever wrote it: later it may be replaced.
        return _but(line, text=LineText(there=shown, asked=digest(shown), shown=digest(shown)))
    return _but(line, text=known.model_copy(update={"there": shown}))


def _start(wish: Wish | None, now: datetime) -> date:
    """The first day of a line that is made for the mapping."""
    return (wish.options.starts if wish else None) or now.date()


def _blocked(line: LineRecord, why: Block | None) -> LineRecord:
    """What the list of agreements says stands until that list takes it back."""
    if line.blocked is not None and line.blocked.reason in OF_THE_AGREEMENT:
        return line
    return _but(line, blocked=why)


def _over(line: LineRecord, wish: Wish | None, run: str) -> LineRecord:
    """What an earlier run was refused is over once the line is not to be written that way any more."""
    to_write = line.drift is None and wish is not None and line.confirmed != wish.quantity
    if not line.refused or line.refused_in == run or line.intent is not None or to_write:
        return line
    return line.model_copy(update={"refused": None})


def marker_prefix(mapping_id: str) -> str:
    """How the lines that we created for a mapping begin their reference."""
    return f"lic:{mapping_id}:m:"


def second_line_prefix(mapping_id: str) -> str:
    """How the dated lines beside a mapping's line, which prorate it, begin their reference."""
    return f"lic:{mapping_id}:p:"


def is_second_line(line: Line) -> bool:
    """It is of us, and bills what came within a period: no rival of a main line."""
    return line.marker.startswith("lic:") and ":p:" in line.marker and line.ends is not None


def _with_second_lines(line: LineRecord, fresh: Mapping[str, Line]) -> LineRecord:
    """A second line that the PSA made twice is told until one of them is gone or has no seats, whatever is written."""
    by_marker: defaultdict[str, list[str]] = defaultdict(list)
    for found in fresh.values():
        if found.marker.startswith(second_line_prefix(line.mapping_id)) and found.quantity:
            by_marker[found.marker].append(found.id)
    twice = next((tuple(ids) for ids in by_marker.values() if len(ids) > 1), None)
    if twice is None or line.intent is not None:
        return line
    return _but(
        line, refused=WriteFailure(reason=WriteFailureReason.MADE_TWICE, line_ids=twice), refused_in=""
    )


def is_made_twice(line: LineRecord) -> bool:
    """It is told of the line that the PSA made something of it twice."""
    return line.refused is not None and line.refused.reason is WriteFailureReason.MADE_TWICE


def _ours(line: LineRecord, fresh: Mapping[str, Line], owned: set[str]) -> list[Line]:
    """Unowned lines that carry the mapping's mark: we created them, also when we never heard so."""
    prefix = marker_prefix(line.mapping_id)
    return [found for found in fresh.values() if found.marker.startswith(prefix) and found.id not in owned]


def _second(line: LineRecord, fresh: Mapping[str, Line], owned: set[str], today: date) -> Block | None:
    """A creation that a slow PSA carried out after all, beside the line that is owned: the customer is billed twice."""
    billed = [found for found in _ours(line, fresh, owned | {line.line_id}) if found.bills_from(today)]
    if not billed:
        return None
    second = billed[0]
    return Block(
        reason=BlockReason.SECOND_LINE, line_id=second.id, quantity=second.quantity, marker=second.marker
    )


def _created(line: LineRecord, fresh: Mapping[str, Line], owned: set[str], start: date) -> LineRecord:
    """The line that was made for the mapping; one that ended before is of an earlier time of it."""
    ours = [found for found in _ours(line, fresh, owned) if found.ends is None or found.ends >= start]
    return line.model_copy(update={"line_id": ours[0].id}) if len(ours) == 1 else line


def _to_create(
    line: LineRecord, fresh: Mapping[str, Line], owned: set[str], wish: Wish | None, now: datetime
) -> Block | None:
    """K7: where the agreement has an unowned line that would bill beside the new one, a person chooses first."""
    if wish is not None and wish.has_no_price:
        return Block(reason=BlockReason.NO_PRODUCT_PRICE)
    start = _start(wish, now)
    ours = _ours(line, fresh, owned)
    if any(found.bills_from(start) for found in ours):
        return Block(reason=BlockReason.CREATED_TWICE, count=len(ours))
    rivals = [found for found in unowned(line.product_id, fresh, owned) if found.bills_from(start)]
    reason = BlockReason.UNOWNED_LINE
    if wish and wish.options.beside_existing:
        rivals = [found for found in rivals if line.beside is not None and found.id not in line.beside]
        reason = BlockReason.NEWER_LINE
    if not rivals:
        return None
    first = rivals[0]
    return Block(reason=reason, line_id=first.id, quantity=first.quantity, text=first.description)


def unowned(product_id: str, fresh: Mapping[str, Line], owned: Collection[str]) -> list[Line]:
    """The lines of a product that no mapping owns."""
    return [found for found in fresh.values() if _is_unowned(found, product_id, owned)]


def _is_unowned(found: Line, product_id: str, owned: Collection[str]) -> bool:
    return found.product_id == product_id and found.id not in owned and not is_second_line(found)


def _seen(
    record: AgreementRecord, line: LineRecord, there: Line | None, wish: Wish | None, now: datetime
) -> LineRecord:
    line = _blocked(line, _unlike(line, there, wish, now.date()))
    if there is not None:
        today = now.date()
        period = next((one for one in there.periods if one.first <= today <= one.last), None)
        begins = there.effective if there.effective is not None and there.effective > today else None
        line = _but(line, unit_price=there.unit_price, billing_period=period, begins=begins)
        if there.unit_price:
            line = _but(line, catalogue_price=None)
    if line.blocked or there is None:
        return line
    quantity, wanted = int(there.quantity), wish.quantity if wish else None
    if quantity == line.confirmed:
        return _but(line, drift=None)
    if line.confirmed is None or quantity == wanted:
        # The baseline of an adopted line; or somebody wrote by hand just what we want.
        credited = wish is not None and wish.options.fewer_seats is FewerSeats.CREDITED
        paid = still_paid(record, line, quantity, credited=credited)
        return _but(line, confirmed=quantity, confirmed_at=now, drift=None, paid=paid)
    if line.drift is not None and line.drift.psa == there.quantity:
        return line
    return _but(line, drift=Drift(psa=there.quantity, since=now))


def _unlike(line: LineRecord, there: Line | None, wish: Wish | None, today: date) -> Block | None:
    """What of the line is not what its mapping means: whether it is billed, for what and from when. None: nothing."""
    if there is None:
        return Block(reason=BlockReason.LINE_GONE)
    if there.product_id != line.product_id:
        return Block(reason=BlockReason.OTHER_PRODUCT)
    if there.ends is not None and there.ends < today:
        return Block(reason=BlockReason.LINE_ENDED, day=there.ends)
    if why := there.not_writable or (there.untold if line.confirmed else ""):
        return Block(reason=BlockReason.PSA, text=why)
    if there.quantity < 0 or there.quantity != there.quantity.to_integral_value():
        return Block(reason=BlockReason.NOT_WHOLE, quantity=there.quantity)
    return _unlike_wish(line, there, wish, today) if wish is not None else None


def _unlike_wish(line: LineRecord, there: Line, wish: Wish, today: date) -> Block | None:
    if there.billable is not wish.billable:
        return Block(reason=BlockReason.OTHER_BILLING, billable=there.billable, expected=wish.billable)
    if why := other_price(there.unit_price, wish):
        return why
    if line.catalogue_price is not None and not there.unit_price:
        return Block(reason=BlockReason.NO_PRICE, price=line.catalogue_price)
    if there.effective is not None and today < there.effective != wish.options.starts:
        return Block(reason=BlockReason.STARTS_LATER, day=there.effective)
    return None


def other_price(there: Decimal, wish: Wish) -> Block | None:
    """Why a line with this price for a seat is not what the mapping means; None: it is, or the PSA's price is right."""
    if wish.has_no_price:
        return Block(reason=BlockReason.NO_PRODUCT_PRICE)
    if wish.unit_price is None or there == wish.unit_price:
        return None
    return Block(reason=BlockReason.OTHER_PRICE, price=there, expected_price=wish.unit_price)


def _but(line: LineRecord, **changes: object) -> LineRecord:
    if all(getattr(line, name) == value for name, value in changes.items()):
        return line
    return line.model_copy(update=changes)


def adoptions(before: AgreementRecord, after: AgreementRecord, now: datetime, run: str) -> list[LedgerEntry]:
    """Ledger entries of what a look found without a write of ours: other numbers, and lines that are over."""
    over = [
        LedgerEntry.of(line, LedgerEvent.RELEASED, now, run=run, before=line.confirmed)
        for name, line in before.lines.items()
        if line.ending is not None and name not in after.lines
    ]
    return over + [
        LedgerEntry.of(
            line,
            LedgerEvent.ADOPTED,
            now,
            run=run,
            before=before.lines[line.mapping_id].confirmed,
            after=line.confirmed,
        )
        for line in after.lines.values()
        if line.ending is None and line.confirmed != before.lines[line.mapping_id].confirmed
    ]
