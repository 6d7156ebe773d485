"""What a read-back says about a write: the same judgement for every PSA that shows absolute quantities."""

from shared.billing.psa.base import Effect, Evidence, Line, Write


def judge_quantity(write: Write, line: Line | None) -> Evidence:
    """Judge a SET_QUANTITY from its line as it is now (None: the line is not there)."""
    if line is None or line.fingerprint != write.fingerprint:
        return Evidence(Effect.DIVERGED, line)
    if line.quantity == write.after:
        return Evidence(Effect.APPLIED, line)
    if line.quantity == write.before:
        return Evidence(Effect.NOT_APPLIED, line)
    return Evidence(Effect.DIVERGED, line)


def judge_created(write: Write, lines: list[Line]) -> Evidence:
    """Judge a CREATE_LINE from every line of its agreement as it is now.

    There was no fingerprint before the line existed, so what was asked for is compared field by field.
    """
    found = [line for line in lines if line.marker == write.marker]
    if not found:
        return Evidence(Effect.NOT_APPLIED, None)
    line = found[0]
    as_asked = (
        len(found) == 1
        and line.product_id == write.product_id
        and line.quantity == write.after
        and line.billable == write.billable
        and (write.effective is None or line.effective == write.effective)
    )
    return Evidence(Effect.APPLIED if as_asked else Effect.DIVERGED, line)
