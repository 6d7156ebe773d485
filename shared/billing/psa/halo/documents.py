"""A recurring invoice as a whole document: what it shows, what is sent back, and whose edit a write undid. No network.

Halo keeps of a posted document what was posted: a line that is left out is lost, and so is what a person changed after
it was read. So every line goes back exactly as it was read, but for what a write means to change.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from shared.billing.psa.amounts import whole
from shared.billing.psa.base import BillableOption, PsaRefused, PsaUnavailable, Write, WriteKind
from shared.billing.psa.days import day
from shared.billing.psa.halo.days import written
from shared.billing.psa.halo.invoice_lines import REFERENCE_FIELD, pending
from shared.billing.psa.halo.rows import id_of
from shared.billing.psa.texts import plain

_QUANTITY, _LAST_DAY, _TEXT = "qty_order", "enddate", "item_shortdescription"
_WRITABLE = (_QUANTITY, _LAST_DAY, _TEXT)

type Row = Mapping[str, Any]
type Document = Mapping[str, Any]


def document_of(body: object, agreement_id: str) -> Document:
    """The document that was asked for, with every line. Raises PsaUnavailable: half of one must never be sent back."""
    if not isinstance(body, dict) or str(id_of(body)) != agreement_id:
        sent = id_of(body) if isinstance(body, dict) else "something else"
        raise PsaUnavailable(f"HaloPSA was asked for recurring invoice {agreement_id} and sent {sent}.")
    rows = body.get("lines")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PsaUnavailable(f"HaloPSA sent recurring invoice {agreement_id} without its lines.")
    ids = [id_of(row) for row in rows]
    if None in ids or len(set(ids)) != len(ids):
        raise PsaUnavailable(
            f"HaloPSA sent a line of recurring invoice {agreement_id} without an id of its own."
        )
    return body


def rows_of(document: Document) -> dict[str, Row]:
    return {str(id_of(row)): row for row in document["lines"]}


def edited(document: Document, writes: Sequence[Write], *, prorates: bool) -> list[Document]:
    """The body of the one request that sets quantities: each line as it was read, but for what is written.

    `prorates`: more seats are a pro-rata row. Raises PsaRefused.
    """
    wanted = {write.line_id: write for write in writes}
    lines = [_edited(row, wanted.get(str(id_of(row))), prorates=prorates) for row in document["lines"]]
    return [{"id": document["id"], "lines": list(map(_without_point_zero, lines))}]


def with_new_line(document: Document, write: Write, price: Decimal | None) -> list[Document]:
    """The body of the one request that creates a line beside those that are there. `price`: None leaves it to Halo."""
    lines = [*document["lines"], _new_line(write, price)]
    return [{"id": document["id"], "lines": list(map(_without_point_zero, lines))}]


def _edited(row: Row, write: Write | None, *, prorates: bool) -> Row:
    if write is None:
        return row
    if write.kind is WriteKind.END_LINE:
        return {**row, _LAST_DAY: written(write.ends) if write.ends else row.get(_LAST_DAY)}
    if write.sets_text:
        row = {**row, _TEXT: write.invoice_text}
    if write.kind is WriteKind.SET_TEXT:
        return row
    if prorates and write.after > write.before and write.effective is not None and _has_begun(row, write):
        more = {"date": written(write.effective), "quantity": write.after - write.before}
        return {**row, "prorata_data": [*(row.get("prorata_data") or []), more]}
    return {**row, _QUANTITY: _to_enter(row, write)}


def _has_begun(row: Row, write: Write) -> bool:
    """On the day of the write. Of a line that is still to begin there is nothing to prorate."""
    begins = day(row.get("startdate"))
    return begins is None or write.effective is None or begins <= write.effective


def _without_point_zero(row: Row) -> Row:
    """Halo was seen to refuse a quantity like 95.0, whoever entered it."""
    quantity = row.get(_QUANTITY)
    seats = whole(quantity) if isinstance(quantity, Decimal) else None
    return row if seats is None else {**row, _QUANTITY: seats}


def _to_enter(row: Row, write: Write) -> Decimal:
    """The quantity itself, beside which the pending rows still count. Raises PsaRefused."""
    entered = write.after - pending(row)
    if entered < 0:
        raise PsaRefused(
            "pro-rata",
            f"Pro-rata rows of line {write.line_id} say more seats than there will be. Remove them in Halo.",
        )
    return entered


def _new_line(write: Write, price: Decimal | None) -> Row:
    new: dict[str, Any] = {
        "_itemid": int(write.product_id),
        _QUANTITY: write.after,
        "customfields": [{"name": REFERENCE_FIELD, "value": write.marker}],
    }
    if write.billable is BillableOption.NO_CHARGE:
        new["unit_price"] = 0
    elif price is not None:
        new["unit_price"] = price
    if write.billable is BillableOption.DO_NOT_BILL:
        new["isinactive"] = True
    if write.effective is not None:
        new["startdate"] = written(write.effective)
    if write.invoice_text:
        new[_TEXT] = write.invoice_text
    return new


def made_by(answer: object, document: Document) -> str:
    """The id of the only line of an answer that the document did not have; "" when there is none or more."""
    rows = answer.get("lines") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        return ""
    ids = {str(id_of(row)) for row in rows if isinstance(row, dict) and id_of(row)}
    new = ids - rows_of(document).keys()
    return new.pop() if len(new) == 1 else ""


def undone_edits(
    changes: Sequence[Row], write: Write, document: Document, beside: Sequence[Write] | None, line_id: str
) -> str:
    """Whose edits the POST of a write undid, as a sentence; "" when it undid none that Halo tells of.

    Halo tells each field that a posted document changed. Beside those that were meant, these are edits of somebody
    else that were made after the document had been read; and of those that were meant, the value before must be the
    one that was known. `beside` are the other writes of the same POST; None: they are not known any more. `line_id` is
    the line of the write, also where the POST made it.
    """
    rows = rows_of(document)
    sent = [other for other in (write, *(beside or ())) if other.line_id in rows]
    before = {place: was for other in sent for place, was in _meant(other, rows[other.line_id]).items()}
    post = _post_of(changes, write, rows.get(line_id, {}), line_id)
    if post is None:
        return ""  # Halo does not tell yet
    told = [
        _told(row, changes)
        for row in changes
        if _post(row) == post
        and not row.get("invoice_detail_prorata_id")
        and (write.line_id or _undoes_an_edit(row, changes))
        and not (beside is None and _place(row)[1] in _WRITABLE and _place(row) not in before)
        and (_place(row) not in before or _value(_place(row), row.get("old_value")) != before[_place(row)])
    ]
    if not told:
        return ""
    return f"Somebody edited it while it was written, and the write undid that: {'; '.join(told)}."


def _post_of(changes: Sequence[Row], write: Write, row: Row, line_id: str) -> tuple[Any, Any] | None:
    """The POST that carried a write out, by what Halo tells of its line: its own field says now what was meant; or a
    pro-rata row, or the line itself, came new.
    """
    if not write.line_id:
        made = [told for told in changes if _place(told) == (line_id, _QUANTITY) and _is_new(told)]
        return _post(made[0]) if made else None
    mine = next(iter(_meant(write, row)))
    ours = [told for told in changes if _place(told) == mine]
    if ours and _value(mine, ours[-1].get("new_value")) == _value(mine, row.get(mine[1])):
        return _post(ours[-1])
    more = [
        told
        for told in changes
        if _place(told)[0] == line_id
        and told.get("invoice_detail_prorata_id")
        and _is_new(told)
        and _number(told.get("new_value")) == write.after - write.before
    ]
    return _post(more[-1]) if more and write.kind is WriteKind.SET_QUANTITY else None


def _meant(write: Write, row: Row) -> dict[tuple[str, str], object]:
    """What each field that a write means to change said before, by line and field; its own field is the first."""
    fields: dict[str, object] = {}
    if write.kind is WriteKind.END_LINE:
        fields[_LAST_DAY] = write.ended
    elif write.kind is WriteKind.SET_QUANTITY:
        fields[_QUANTITY] = write.before - pending(row)
    if write.sets_text:
        fields[_TEXT] = write.text_before
    return {(write.line_id, name): was for name, was in fields.items()}


def _value(place: tuple[str, str], told: object) -> object:
    """What Halo tells of such a field."""
    if place[1] == _TEXT:
        return plain(str(told or ""))
    if place[1] != _LAST_DAY:
        return _number(told)
    try:
        return day(told)
    except ValueError:
        return told


def _undoes_an_edit(row: Row, changes: Sequence[Row]) -> bool:
    """It gave a field back what it said before somebody else changed it.

    Asked of the POST of a new line: a POST of ours that set numbers may have come in the same second, before it.
    """
    before = [told for told in changes if _place(told) == _place(row) and told.get("who") != row.get("who")]
    return any(
        told.get("old_value") == row.get("new_value") and told.get("new_value") == row.get("old_value")
        for told in before[-1:]
    )


def _is_new(told: Row) -> bool:
    """There was nothing of it before."""
    return not _number(told.get("old_value"))


def _number(value: object) -> Decimal | None:
    try:
        found = Decimal(str(value))
    except ArithmeticError:
        return None
    return found if found.is_finite() else None


def _told(undone: Row, changes: Sequence[Row]) -> str:
    """The edit that was undone, as its own entry tells it."""
    theirs = [row for row in changes if _place(row) == _place(undone) and row.get("who") != undone.get("who")]
    who = str(theirs[-1].get("who")) if theirs else "somebody"
    line, name = _place(undone)
    return f"{who} had set {name} of line {line} to {undone.get('old_value')}"


def _place(row: Row) -> tuple[str, str]:
    return str(row.get("invoice_line_id") or ""), str(row.get("field_name") or "")


def _post(row: Row) -> tuple[Any, Any]:
    """The POST that a change came by: the same agent at the same instant."""
    return row.get("who"), row.get("datetime")
