"""How old a snapshot may be for a line to move by it (I6)."""

from datetime import datetime, timedelta

from shared.billing.models import Unplanned, UnplannedReason
from shared.licensing.tenant_state import ReadStatus, Snapshot

FRESH = timedelta(hours=36)
"""A snapshot whose read began longer ago is never pushed."""


def not_fresh(status: ReadStatus, snapshot: Snapshot, now: datetime) -> Unplanned | None:
    """Why no line moves by this snapshot; None when it is tonight's or the newest that there was time for.

    A tenant that was not read at the newest attempt keeps its quantities, however young its numbers are (S8).
    """
    if status is ReadStatus.NOT_READ:
        return Unplanned(reason=UnplannedReason.UNREAD)
    if now - snapshot.began >= FRESH:
        return Unplanned(reason=UnplannedReason.TOO_OLD, read_on=snapshot.began.date())
    return None
