"""Whether a look at an agreement lets more be written than the plan has, which was made before it. Pure."""

from collections.abc import Mapping

from shared.billing import ending
from shared.billing.models import AgreementRecord, LineRecord
from shared.billing.planning.plan import change_of
from shared.billing.planning.text_changes import text_change
from shared.billing.planning.wishes import Wish


def must_plan_again(before: AgreementRecord, after: AgreementRecord, wished: Mapping[str, Wish]) -> bool:
    """A plan that was made from the record before a look lacks a change or a text: the look freed a line that is out of
    step, or found other seats on one that is to end.
    """
    for was in before.lines.values():
        line, wish = after.lines.get(was.mapping_id), wished.get(was.mapping_id)
        is_replaced = was.ending is not None and was.ending.replaced_by
        if line is None:  # its last day is over, so it was let go
            if is_replaced and not was.is_ended:
                return True
            continue
        if is_replaced and (was.is_ended, was.state) != (line.is_ended, line.state):
            return True
        ends = ending.change(after, line)
        if ends is not None and ends != ending.change(before, was):
            return True
        if (
            line != was
            and wish is not None
            and wish.is_of(after)
            and _is_freed(before, was, after, line, wish)
        ):
            return True
    return False


def _is_freed(
    before: AgreementRecord, was: LineRecord, after: AgreementRecord, line: LineRecord, wish: Wish
) -> bool:
    """It lets something be written that could not be before the look."""
    change = change_of(after, wish, line)
    if change is not None and change != change_of(before, wish, was):
        return True
    return text_change(after, line, wish) is not None and text_change(before, was, wish) is None
