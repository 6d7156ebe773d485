"""What a read-back says about a write: the same judgement for every PSA that shows absolute quantities."""

from shared.billing.psa.base import Effect, Evidence, Line, Write, WriteKind
from shared.billing.psa.texts import same, shows
from shared.billing.psa.write_failures import WriteFailure, WriteFailureReason


def judge_quantity(write: Write, line: Line | None) -> Evidence:
    """Judge a SET_QUANTITY or an END_LINE from its line as it is now (None: the line is not there)."""
    if write.kind is WriteKind.END_LINE:
        return _judge_end(write, line, else_=Effect.DIVERGED)
    if write.kind is WriteKind.SET_TEXT:
        return judge_text(write, line)
    if line is None or not _as_it_was(write, line):
        return Evidence(Effect.DIVERGED, line)
    if line.quantity == write.after:
        return Evidence(Effect.APPLIED, line)
    if line.quantity == write.before:
        return Evidence(Effect.NOT_APPLIED, line)
    return Evidence(Effect.DIVERGED, line)


def judge_once(write: Write, line: Line | None) -> Evidence:
    """Judge the same when it went out as a difference or in a document, and must not be applied twice.

    A number that is neither before nor after says nothing of it: somebody else may have changed the line, and the write
    may still be on its way.
    """
    if write.kind is WriteKind.END_LINE:
        return _judge_end(write, line, else_=Effect.UNDECIDABLE)
    if write.kind is WriteKind.SET_TEXT:
        return judge_text(write, line)
    if line is None:
        return Evidence(Effect.DIVERGED, None)
    if line.quantity == write.after:
        return Evidence(Effect.APPLIED if _as_it_was(write, line) else Effect.DIVERGED, line)
    if line.quantity == write.before:
        return Evidence(Effect.NOT_APPLIED, line)
    neither = WriteFailure(
        reason=WriteFailureReason.OTHER_NUMBER,
        quantity=line.quantity,
        before=write.before,
        after=write.after,
    )
    return Evidence(Effect.UNDECIDABLE, line, failure=neither)


def _as_it_was(write: Write, line: Line) -> bool:
    """Nothing else of the line changed. What became of a text that went along is no matter of its seats."""
    return (line.but_text if write.sets_text else line.fingerprint) == write.fingerprint


def judge_text(write: Write, line: Line | None) -> Evidence:
    """Judge a SET_TEXT, also when it came back as the PSA keeps it. What its seats say is a look's matter."""
    if line is None:
        return Evidence(Effect.DIVERGED, None)
    if same(line.text, write.invoice_text):
        return Evidence(Effect.APPLIED, line)
    if same(line.text, write.text_before or ""):
        return Evidence(Effect.NOT_APPLIED, line)
    return Evidence(Effect.APPLIED if shows(line.text, write.invoice_text) else Effect.DIVERGED, line)


def _judge_end(write: Write, line: Line | None, *, else_: Effect) -> Evidence:
    """By the last day that the line has now. A PSA that ends it by its seats does not tell that day once it is over."""
    if line is None:
        return Evidence(Effect.DIVERGED, None)
    is_over = write.before > 0 and line.quantity == 0 and not line.pending
    if line.last_day == write.ends or is_over:
        return Evidence(Effect.APPLIED if line.but_end == write.fingerprint else Effect.DIVERGED, line)
    if line.last_day == write.ended and line.quantity == write.before:
        return Evidence(Effect.NOT_APPLIED, line)
    other = WriteFailure(reason=WriteFailureReason.OTHER_LAST_DAY, day=line.last_day, quantity=line.quantity)
    return Evidence(else_, line, failure=other)


def judge_created(write: Write, lines: list[Line], line_id: str = "") -> Evidence:
    """Judge a CREATE_LINE from every line of its agreement as it is now; `line_id` is what the PSA's answer named.

    The id counts before the marker, which workflow rules, rights and people change.

    There was no fingerprint before the line existed, so what was asked for is compared field by field.
    """
    found = [line for line in lines if line.id == line_id]
    found += [line for line in lines if line.marker == write.marker and line.id != line_id]
    if not found:
        return Evidence(Effect.NOT_APPLIED, None)
    line = found[0]
    if len(found) > 1:
        made = tuple(line.id for line in found)
        twice = WriteFailure(reason=WriteFailureReason.MADE_TWICE, line_ids=made)
        return Evidence(Effect.DIVERGED, line, failure=twice)
    as_asked = {
        "product": line.product_id == write.product_id,
        "quantity": line.quantity == write.after,
        "start date": write.effective is None or line.effective == write.effective,
        "last day": write.ends is None or line.ends == write.ends,
        "billable option": line.billable == write.billable,
    }
    if differs := [name for name, same in as_asked.items() if not same]:
        otherwise = WriteFailure(reason=WriteFailureReason.NOT_AS_ASKED, fields=tuple(differs))
        return Evidence(Effect.DIVERGED, line, failure=otherwise)
    return Evidence(Effect.APPLIED, line)
