"""Which agreements of a PSA connection a run writes to, and which of the others it looks at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from shared.accounts.runs import Run
from shared.billing.models import Change, TextChange
from shared.billing.planning.load import Outline, Planned
from shared.billing.psa.base import Agreement

SWEPT_A_NIGHT = 100
"""Agreements that are read each night at least: those with a change, then those longest unread."""
SWEPT_WITHIN = 14
"""Nights within which every agreement is read."""
INVOICE_EVE = timedelta(days=2)
"""An agreement that is invoiced this soon is read in any case: a hand edit must be found before."""


@dataclass(frozen=True, slots=True)
class AgreementWork:
    """One agreement's share: the changes to write, or nothing but a look."""

    outline: Outline
    changes: tuple[Change, ...]
    texts: tuple[TextChange, ...] = ()

    @property
    def writes(self) -> bool:
        return bool(self.changes or self.texts) or self.outline.unsettled


def worklist(
    connection: str, planned: Planned, listed: Mapping[str, Agreement], run: Run, today: date
) -> list[AgreementWork]:
    """Agreements with allowed changes or open intents first, then those that are only looked at."""
    changes: dict[str, list[Change]] = {}
    for change in planned.plan.changes:
        if change.connection == connection and planned.plan.allowed(change):
            changes.setdefault(change.agreement_id, []).append(change)
    texts: dict[str, list[TextChange]] = {}
    for text in planned.plan.texts.values() if planned.plan.live else ():
        if text.key.connection == connection:
            texts.setdefault(text.key.agreement_id, []).append(text)
    mine = [
        outline
        for (of, id_), outline in planned.outlines.items()
        if of == connection and outline.lines and not _is_not_understood(listed, id_)
    ]
    work = [
        AgreementWork(
            outline,
            _not_refused_yet(outline, changes.get(outline.agreement_id, ()), run),
            _not_put_off(outline, texts.get(outline.agreement_id, ()), run),
        )
        for outline in mine
    ]
    writing = [work_of_agreement for work_of_agreement in work if work_of_agreement.writes]
    looking = [work_of_agreement.outline for work_of_agreement in work if not work_of_agreement.writes]
    share = max(SWEPT_A_NIGHT, -(-len(work) // SWEPT_WITHIN)) - len(writing)
    if run.every_agreement:
        share = len(work)
    due = due_for_a_look(looking, listed, share, run.started_at, today)
    return writing + [AgreementWork(outline, ()) for outline in due]


def _is_not_understood(listed: Mapping[str, Agreement], agreement_id: str) -> bool:
    """The PSA's list says nothing that can be relied on of it: nothing of it is read or written."""
    there = listed.get(agreement_id) or listed.get("")
    return there is not None and bool(there.not_understood)


def _not_refused_yet(outline: Outline, changes: Sequence[Change], run: Run) -> tuple[Change, ...]:
    """What the PSA refused in this run is not tried again before the next."""
    if not changes or not outline.in_trouble:
        return tuple(changes)
    lines = outline.kept().record.lines
    return tuple(change for change in changes if lines[change.mapping_id].refused_in != run.id)


def _not_put_off(outline: Outline, texts: Sequence[TextChange], run: Run) -> tuple[TextChange, ...]:
    """Texts to which the PSA gave no clear answer twice in this run wait for the next."""
    if not texts:
        return ()
    lines = outline.kept().record.lines
    put_off = {line.mapping_id for line in lines.values() if line.text and line.text.put_off_in == run.id}
    return tuple(text for text in texts if text.key.mapping_id not in put_off)


def due_for_a_look(
    outlines: Sequence[Outline],
    listed: Mapping[str, Agreement],
    share: int,
    run_started: datetime,
    today: date,
) -> list[Outline]:
    """Which unchanged agreements are read tonight: `share` of them, the longest unread first; all that were not read
    for two weeks; and all that are invoiced soon.

    A small account's agreements are all read every night; of a large one's a share, so that the PSA's rate limit is
    left to the writes.
    """
    there = [
        outline
        for outline in outlines
        if outline.agreement_id in listed and listed[outline.agreement_id].active
    ]
    unread = [outline for outline in there if outline.read_at is None or outline.read_at < run_started]
    unread.sort(key=_how_late)
    share = max(0, share - (len(there) - len(unread)))
    overdue = run_started - timedelta(days=SWEPT_WITHIN)
    return unread[:share] + [
        outline
        for outline in unread[share:]
        if outline.read_at is None
        or outline.read_at < overdue
        or _is_invoiced_soon(listed[outline.agreement_id], today)
    ]


def _how_late(outline: Outline) -> tuple[bool, datetime, str]:
    """Those in trouble first, so that what is over is soon known; then the never read, then the longest unread."""
    return not outline.in_trouble, outline.read_at or datetime.min.replace(tzinfo=UTC), outline.agreement_id


def _is_invoiced_soon(there: Agreement, today: date) -> bool:
    return there.next_invoice is not None and today <= there.next_invoice <= today + INVOICE_EVE
