"""What is remembered of a line's text on the invoice (K8), and what that means for the text that its mapping wants."""

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator

from shared.billing.models.mappings import Options
from shared.billing.psa.texts import digest
from shared.billing.psa.write_failures import WriteFailure, failure_of
from shared.storage.documents import Document


class LineText(Document):
    """The text of one line. Of what was written only digests are kept: they are enough to know it again."""

    there: str = ""
    """What the PSA showed at the newest look, on one line."""
    asked: str = ""
    """Digest of the text that Seatwise wrote last, "" when it wrote none."""
    shown: str = ""
    """Digest of what the PSA made of that: as long as it shows this, nobody else has changed the text."""
    refused: Annotated[WriteFailure | None, BeforeValidator(failure_of)] = None
    """Why the text of `refused_text`, or the one that was put off, does not come to stand in the PSA."""
    refused_text: str = ""
    """Digest of the text that is not written again: another one is."""
    not_applied_in: str = ""
    """The newest run in which a text was proven not applied: it is tried once more in that run."""
    put_off_in: str = ""
    """The newest run in which the PSA gave no clear answer twice, or the right was missing: the next tries again."""


class TextState(StrEnum):
    """How a line's text stands to the one that its mapping wants."""

    NONE = "none"
    """None is wanted, and Seatwise wrote none."""
    NOT_KNOWN = "not_known"
    """What it should say could not be read: it stays as it is."""
    IN_STEP = "in_step"
    TO_WRITE = "to_write"
    KEPT = "kept"
    """Somebody else's text stands there: it stays until a person says that it may go."""
    REFUSED = "refused"
    """The PSA does not take it; the next other text is tried again."""


def text_state(known: LineText | None, wanted: str | None, options: Options) -> TextState:
    """`known` is None while nobody has looked; `wanted` is None when it cannot be told."""
    if not options.has_text and (known is None or not known.asked):
        return TextState.NONE
    if wanted is None:
        return TextState.NOT_KNOWN
    if known is None:
        return TextState.TO_WRITE  # the look before the write says whether it may
    there, new = digest(known.there), digest(wanted)
    if there == new or (known.asked, known.shown) == (new, there):
        return TextState.IN_STEP
    if there not in ("", known.shown, options.replaces_text):
        return TextState.KEPT
    return TextState.REFUSED if known.refused_text == new else TextState.TO_WRITE


def kept_text(known: LineText | None, options: Options) -> TextState:
    """The same by what is remembered alone, without the text that is wanted now."""
    if not options.has_text and (known is None or not known.asked):
        return TextState.NONE
    if known is None:
        return TextState.TO_WRITE
    if digest(known.there) not in ("", known.shown, options.replaces_text):
        return TextState.KEPT
    if known.refused_text:
        return TextState.REFUSED
    return TextState.IN_STEP if known.asked and digest(known.there) == known.shown else TextState.TO_WRITE
