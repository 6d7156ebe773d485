"""Which text on the invoice a push would write to a line. Pure.

A text is never held and moves no number: nobody approves it, and it waits wherever the number of its line waits.
"""

from shared.billing.models import AgreementRecord, LineKey, LineRecord, TextChange, TextState, text_state
from shared.billing.planning.wishes import Wish


def text_change(record: AgreementRecord, line: LineRecord, wish: Wish) -> TextChange | None:
    """The text that the line should get; None: it has it, keeps its own, or is not ours to touch now."""
    if not line.line_id or line.intent is not None or line.blocked or line.frozen or line.drift is not None:
        return None
    if wish.text is None or wish.quantity is None or wish.why_not or line.product_id != wish.product_id:
        return None
    if line.confirmed is None or text_state(line.text, wish.text, wish.options) is not TextState.TO_WRITE:
        return None
    key = LineKey(record.connection, record.agreement_id, line.mapping_id)
    return TextChange(key, line.line_id, line.text.there if line.text else None, wish.text)
