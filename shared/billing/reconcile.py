"""What a fresh read of an agreement's lines means for what is remembered about them. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from shared.billing.models import AgreementRecord, Drift, LedgerEntry, LedgerEvent, LineRecord
from shared.billing.planning.plan import Wish
from shared.billing.psa.base import Line


def reconciled(
    record: AgreementRecord,
    fresh: Mapping[str, Line],
    wishes: Mapping[str, Wish],
    now: datetime,
    run: str = "",
) -> AgreementRecord:
    """The record after a complete read of the agreement's lines (by line id); `wishes` are by mapping id.

    A line with an open intent is left alone: its own read-back says what became of it. `run` is the run that looks.
    """
    owned = {line.line_id for line in record.lines.values()}
    fresh = {id_: replace(one, marker="") if id_ in record.let_go else one for id_, one in fresh.items()}
    lines = {}
    for mapping_id, line in record.lines.items():
        wish = wishes.get(mapping_id)
        wish = wish if wish is not None and wish.is_for(record, line) else None
        lines[mapping_id] = _over(_one(line, fresh, owned, wish, now), wish, run)
    return AgreementRecord.model_validate({**dict(record), "lines": lines, "read_at": now, "unreadable": ""})


def _one(
    line: LineRecord, fresh: Mapping[str, Line], owned: set[str], wish: Wish | None, now: datetime
) -> LineRecord:
    if line.intent is not None:
        return line
    mine = line if line.line_id else _created(line, fresh, owned)
    if not mine.line_id:
        return _to_create(mine, fresh, owned, wish)
    seen = _seen(mine, fresh.get(mine.line_id), wish.quantity if wish else None, now)
    return seen if seen.blocked else _but(seen, blocked=_second(seen, fresh, owned))


def _over(line: LineRecord, wish: Wish | None, run: str) -> LineRecord:
    """What an earlier run was refused is over once the line is not to be written that way any more."""
    to_write = line.drift is None and wish is not None and line.confirmed != wish.quantity
    if not line.refused or line.refused_in == run or line.intent is not None or to_write:
        return line
    return line.model_copy(update={"refused": ""})


def marker_prefix(mapping_id: str) -> str:
    """How the lines that we created for a mapping begin their reference."""
    return f"lic:{mapping_id}:m:"


def _ours(line: LineRecord, fresh: Mapping[str, Line], owned: set[str]) -> list[Line]:
    """Unowned lines that carry the mapping's mark: we created them, also when we never heard so."""
    prefix = marker_prefix(line.mapping_id)
    return [one for one in fresh.values() if one.marker.startswith(prefix) and one.id not in owned]


def _second(line: LineRecord, fresh: Mapping[str, Line], owned: set[str]) -> str:
    """A creation that a slow PSA carried out after all, beside the line that is owned: the customer is billed twice."""
    billed = [one for one in _ours(line, fresh, owned | {line.line_id}) if one.ends is None and one.quantity]
    if not billed:
        return ""
    return (
        f"The agreement has a second line that Seatwise created for this mapping ({billed[0].id}, quantity "
        f"{billed[0].quantity.normalize():f}): the customer is billed twice. Remove it in the PSA, or clear its "
        f"reference '{billed[0].marker}' there if it is right."
    )


def _created(line: LineRecord, fresh: Mapping[str, Line], owned: set[str]) -> LineRecord:
    ours = _ours(line, fresh, owned)
    return line.model_copy(update={"line_id": ours[0].id}) if len(ours) == 1 else line


def _to_create(line: LineRecord, fresh: Mapping[str, Line], owned: set[str], wish: Wish | None) -> LineRecord:
    """K7: where the agreement already has an unowned line of the product, a person chooses first."""
    rivals = [one for one in fresh.values() if one.product_id == line.product_id and one.id not in owned]
    blocked = ""
    if twice := _ours(line, fresh, owned):
        blocked = (
            f"The agreement has {len(twice)} lines that Seatwise created for this mapping. Remove all but one in the "
            "PSA, then choose that one for the mapping."
        )
    elif rivals and not (wish and wish.options.beside_existing):
        blocked = (
            f"The agreement already has a line for this product that no mapping owns ({rivals[0].description}, "
            f"quantity {rivals[0].quantity.normalize():f}). Choose that line for the mapping, or say that a second "
            "line is right."
        )
    return line if line.blocked == blocked else line.model_copy(update={"blocked": blocked})


def _seen(line: LineRecord, now_there: Line | None, wanted: int | None, now: datetime) -> LineRecord:
    if now_there is None:
        return _but(
            line,
            blocked="The line is no longer in the agreement. Choose another line for the mapping, or end it.",
        )
    blocked = now_there.not_writable
    if now_there.product_id != line.product_id:
        blocked = (
            "The line now bills another product than the mapping's billing profile. Choose the line again."
        )
    elif now_there.quantity < 0 or now_there.quantity != now_there.quantity.to_integral_value():
        blocked = (
            f"The line's quantity is {now_there.quantity.normalize():f}, and seats are whole numbers from 0. Correct "
            "it in the PSA, or choose another line for the mapping."
        )
    line = _but(line, blocked=blocked, unit_price=now_there.unit_price)
    if blocked:
        return line
    quantity = int(now_there.quantity)
    if quantity == line.confirmed:
        return _but(line, drift=None)
    if line.confirmed is None or quantity == wanted:
        # The baseline of an adopted line; or somebody wrote by hand just what we want.
        return _but(line, confirmed=quantity, confirmed_at=now, drift=None)
    if line.drift is not None and line.drift.psa == now_there.quantity:
        return line
    return _but(line, drift=Drift(psa=now_there.quantity, since=now))


def _but(line: LineRecord, **changes: object) -> LineRecord:
    if all(getattr(line, name) == value for name, value in changes.items()):
        return line
    return line.model_copy(update=changes)


def adoptions(before: AgreementRecord, after: AgreementRecord, now: datetime, run: str) -> list[LedgerEntry]:
    """Ledger entries of the numbers that a look took over from the PSA without a write of ours."""
    return [
        LedgerEntry(
            event=LedgerEvent.ADOPTED,
            at=now,
            run=run,
            mapping_id=line.mapping_id,
            line_id=line.line_id,
            before=before.lines[line.mapping_id].confirmed,
            after=line.confirmed,
        )
        for line in after.lines.values()
        if line.confirmed != before.lines[line.mapping_id].confirmed
    ]
