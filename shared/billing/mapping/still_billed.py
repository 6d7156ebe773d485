"""What bills a mapping's seats at the moment of a save: its line, and what bills seats beside it (K14)."""

from datetime import date

from shared.billing.mapping.psa_cache import PsaCache
from shared.billing.planning.load import AgreementKey
from shared.billing.psa.base import Line
from shared.billing.reconcile import second_line_prefix


def still_billed(
    psas: PsaCache, place: AgreementKey, mapping_id: str, line_id: str, today: date
) -> Line | None:
    """A mapping's line as it is now; where it bills nothing any more, of those beside it the one that bills longest."""
    line = main_line(psas, place, line_id, today)
    if line is not None and line.bills_from(today):
        return line
    beside = billed_beside(psas, place, mapping_id, today)
    return max(beside, key=lambda second: second.last_day or date.max, default=None)


def main_line(psas: PsaCache, place: AgreementKey, line_id: str, today: date) -> Line | None:
    """A mapping's line as it is now, also without seats; None: it is not in the PSA any more, or it has ended."""
    line = psas.lines_that_may_bill(*place).get(line_id)
    return None if line is not None and line.last_day is not None and line.last_day < today else line


def billed_beside(psas: PsaCache, place: AgreementKey, mapping_id: str, day: date) -> list[Line]:
    """Lines that bill, on that day or later, seats that came to a mapping's line within a period."""
    return [
        line
        for line in psas.lines_that_may_bill(*place).values()
        if line.marker.startswith(second_line_prefix(mapping_id)) and line.bills_from(day)
    ]
