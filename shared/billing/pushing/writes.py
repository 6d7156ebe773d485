"""The writes that a push stores and sends, made of a change and a fresh look at its line."""

from datetime import timedelta

from shared.billing.models import Change, LineRecord, SecondLine, TextChange
from shared.billing.planning.proration import day_of_change
from shared.billing.planning.wishes import Wish
from shared.billing.psa.base import Line, Write, WriteKind
from shared.billing.psa.texts import plain
from shared.billing.pushing.claimed_agreement import ClaimedAgreement
from shared.billing.reconcile import marker_prefix, second_line_prefix


def with_text(write: Write, text: TextChange | None, fresh: Line | None) -> Write:
    """The same new quantity, and the text that goes with it."""
    if text is None or fresh is None or write.kind is not WriteKind.SET_QUANTITY:
        return write
    said = {"invoice_text": text.after, "text_before": plain(fresh.text), "fingerprint": fresh.but_text}
    return write.model_copy(update=said)


def new_text(line: LineRecord, text: TextChange, fresh: Line) -> Write:
    """A text alone: the line keeps the seats that it has."""
    return Write(
        kind=WriteKind.SET_TEXT,
        agreement_id=text.key.agreement_id,
        line_id=text.line_id,
        product_id=line.product_id,
        before=int(fresh.quantity),
        after=int(fresh.quantity),
        fingerprint=fresh.but_text,
        document=fresh.document,
        invoice_text=text.after,
        text_before=plain(fresh.text),
    )


def end(change: Change, line: LineRecord, fresh: Line | None) -> Write:
    """What ends the line on the day that a person said."""
    return Write(
        kind=WriteKind.END_LINE,
        agreement_id=change.agreement_id,
        line_id=change.line_id,
        product_id=line.product_id,
        before=change.before,
        after=change.after,
        effective=change.ends + timedelta(days=1) if change.ends else None,
        ends=change.ends,
        ended=fresh.last_day if fresh else None,
        fingerprint=fresh.but_end if fresh else "",
        document=fresh.document if fresh else "",
    )


def second_line(work: ClaimedAgreement, change: Change, second: SecondLine, wish: Wish, main: Line) -> Write:
    """Seats that came within a period that is billed already: for the rest of it, at the price of the main line."""
    return Write(
        kind=WriteKind.PRORATE,
        agreement_id=change.agreement_id,
        product_id=main.product_id,
        before=0,
        after=second.seats,
        effective=second.since or work.context.moment.date(),
        ends=second.until,
        marker=f"{second_line_prefix(change.mapping_id)}{work.record.claims}",
        billable=wish.billable,
        unit_price=None if main.price_untold else main.unit_price,
        invoice_text=wish.options.invoice_text,
    )


def new_quantity(
    work: ClaimedAgreement, line: LineRecord, change: Change, wish: Wish, fresh: Line | None
) -> Write:
    today = work.context.moment.date()
    if change.line_id:
        starts = wish.options.starts if wish.options.starts and change.before == 0 else today
        return Write(
            kind=WriteKind.SET_QUANTITY,
            agreement_id=change.agreement_id,
            line_id=change.line_id,
            product_id=line.product_id,
            before=change.before,
            after=change.after,
            effective=day_of_change(work.record, line, change.counts_from or max(today, starts)),
            fingerprint=fresh.fingerprint if fresh else "",
            document=fresh.document if fresh else "",
        )
    return Write(
        kind=WriteKind.CREATE_LINE,
        agreement_id=change.agreement_id,
        product_id=line.product_id,
        before=0,
        after=0 if work.context.psa.creates_empty else change.after,
        effective=change.effective or today,
        document=work.document,
        marker=f"{marker_prefix(line.mapping_id)}{line.mark}",
        billable=wish.billable,
        unit_price=wish.unit_price,
        invoice_text=(wish.text or wish.options.invoice_text) if wish.options.has_text else "",
    )
