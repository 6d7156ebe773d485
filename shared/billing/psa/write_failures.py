"""Why a write did not do what it was to, or is unclear: stored as data, told as a sentence when it is shown."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from shared.storage.documents import Document


class WriteFailureReason(StrEnum):
    """Stored: a word that is here once stays."""

    PSA = "psa"
    """The PSA's own words, or what happened on the way to it, in `text`."""
    NOT_READ_BACK = "not_read_back"
    OLD_NUMBER = "old_number"
    """The PSA accepted it, and still shows the number before it."""
    NOT_APPLIED = "not_applied"
    """Accepted twice in a run, and not applied."""
    LINE_GONE = "line_gone"
    AGREEMENT_GONE = "agreement_gone"
    OTHER_NUMBER = "other_number"
    """The line says a `quantity` that is neither the one before nor the one after."""
    OTHER_LAST_DAY = "other_last_day"
    """The line has a last day, `day`, that is neither the one before nor the one that was asked for."""
    OTHER_FIELD = "other_field"
    """The number was written, and something else of the line is not as it was."""
    OTHER_TEXT = "other_text"
    """The text was written, and the PSA shows one that is neither that nor the one before."""
    NOT_AS_ASKED = "not_as_asked"
    """Of a new line: `fields` are not what was asked for."""
    MADE_TWICE = "made_twice"
    """Of a new line: `line_ids` were made, the first of which is kept."""
    DOCUMENT_UNCLEAR = "document_unclear"
    """Nothing was sent: a document of its agreement may still be on its way, and would undo it."""
    ENDS_WITHIN = "ends_within"
    """Nothing was sent: the line ends on `day`, and a second line would bill `after` seats beyond it."""
    CHOSEN_BY_ANOTHER = "chosen_by_another"
    """The line that was made, in `line_ids`, was chosen for another mapping meanwhile."""


class WriteFailure(Document):
    reason: WriteFailureReason
    text: str = ""
    fields: tuple[str, ...] = ()
    line_ids: tuple[str, ...] = ()
    quantity: Decimal | None = None
    before: int = 0
    after: int = 0
    day: date | None = None


_SENTENCES: Final = {
    WriteFailureReason.PSA: "{text}",
    WriteFailureReason.NOT_READ_BACK: "It could not be read back.",
    WriteFailureReason.OLD_NUMBER: "The PSA accepted the change but still shows the old number.",
    WriteFailureReason.NOT_APPLIED: "The PSA took the change twice and did not apply it.",
    WriteFailureReason.LINE_GONE: "The line vanished while it was written.",
    WriteFailureReason.AGREEMENT_GONE: "The agreement vanished while it was written.",
    WriteFailureReason.OTHER_NUMBER: (
        "The line says {quantity}, neither {before} or {after}: somebody else changed it, too."
    ),
    WriteFailureReason.OTHER_LAST_DAY: "The line says {quantity} and {day}: somebody else changed it, too.",
    WriteFailureReason.OTHER_FIELD: "The number was written, but another field of the line is not as it was.",
    WriteFailureReason.OTHER_TEXT: "The PSA shows another text than it was sent.",
    WriteFailureReason.NOT_AS_ASKED: "The new line was made, but its {fields} not what was asked for.",
    WriteFailureReason.MADE_TWICE: (
        "The PSA made {count} lines of it ({line_ids}), and each is billed. Remove all but {first}."
    ),
    WriteFailureReason.DOCUMENT_UNCLEAR: (
        "It waits until it is known what became of another write to the same document of the PSA."
    ),
    WriteFailureReason.ENDS_WITHIN: (
        "The line {day}, within what is billed already, and a second line would bill beyond that. "
        "Enter the {after} seats, and what they cost until then, in the PSA."
    ),
    WriteFailureReason.CHOSEN_BY_ANOTHER: (
        "The line that was created for it ({line_ids}) was chosen for another mapping."
    ),
}


def by_psa(text: str) -> WriteFailure | None:
    """What the PSA said; None when it said nothing."""
    return WriteFailure(reason=WriteFailureReason.PSA, text=text) if text else None


def told(failure: WriteFailure | None) -> str:
    """The sentence, "" for none."""
    if failure is None:
        return ""
    are = "is" if len(failure.fields) == 1 else "are"
    return _SENTENCES[failure.reason].format(
        text=failure.text,
        fields=f"{' and '.join(failure.fields)} {are}",
        count=len(failure.line_ids),
        line_ids=", ".join(failure.line_ids),
        first=failure.line_ids[0] if failure.line_ids else "",
        quantity="" if failure.quantity is None else f"{failure.quantity.normalize():f}",
        before=failure.before,
        after=failure.after,
        day=f"ends on {failure.day:%-d %b %Y}" if failure.day else "has no end",
    )


def failure_of(stored: object) -> object:
    """A stored failure; until December 2026 it was a sentence."""
    return by_psa(stored) if isinstance(stored, str) else stored
