"""What a read-back says about a write: the same judgement for every PSA that shows absolute quantities."""

from shared.billing.psa.base import Effect, Evidence, Line, Write
from shared.billing.psa.write_failures import WriteFailure, WriteFailureReason


def judge_quantity(write: Write, line: Line | None) -> Evidence:
    """Judge a SET_QUANTITY from its line as it is now (None: the line is not there)."""
    if line is None or line.fingerprint != write.fingerprint:
        return Evidence(Effect.DIVERGED, line)
    if line.quantity == write.after:
        return Evidence(Effect.APPLIED, line)
    if line.quantity == write.before:
        return Evidence(Effect.NOT_APPLIED, line)
    return Evidence(Effect.DIVERGED, line)


def judge_once(write: Write, line: Line | None) -> Evidence:
    """Judge a SET_QUANTITY that went out as a difference or in a document, and must not be applied twice.

    A number that is neither before nor after says nothing of it: somebody else may have changed the line, and the write
    may still be on its way.
    """
    if line is None:
        return Evidence(Effect.DIVERGED, None)
    if line.quantity == write.after:
        as_it_was = line.fingerprint == write.fingerprint
        return Evidence(Effect.APPLIED if as_it_was else Effect.DIVERGED, line)
    if line.quantity == write.before:
        return Evidence(Effect.NOT_APPLIED, line)
    neither = WriteFailure(
        reason=WriteFailureReason.OTHER_NUMBER,
        quantity=line.quantity,
        before=write.before,
        after=write.after,
    )
    return Evidence(Effect.UNDECIDABLE, line, failure=neither)


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
        "billable option": line.billable == write.billable,
    }
    if differs := [name for name, same in as_asked.items() if not same]:
        otherwise = WriteFailure(reason=WriteFailureReason.NOT_AS_ASKED, fields=tuple(differs))
        return Evidence(Effect.DIVERGED, line, failure=otherwise)
    return Evidence(Effect.APPLIED, line)
