"""Agreements that the PSA's list does not show, asked for by id: the list may lack one that is there, and bills on."""

from shared.billing.ending import may_bill_on
from shared.billing.models import AgreementRecord
from shared.billing.psa.base import Line, NotThere, Psa, PsaRefused, PsaUnavailable


class UnlistedAgreements:
    """Only those with a line that is to end are asked for, once each: nothing else rests on what they bill."""

    def __init__(self, psa: Psa) -> None:
        self._psa = psa
        self._lines: dict[str, dict[str, Line] | None] = {}

    def may_bill_on(self, record: AgreementRecord) -> bool:
        """A line of it may be billed after the last day that a person said; True where it cannot be read."""
        to_end = [line for line in record.lines.values() if line.ending is not None and not line.is_ended]
        if not to_end:
            return False
        lines = self._of(record.agreement_id)
        return lines is None or any(may_bill_on(line, lines.get(line.line_id)) for line in to_end)

    def _of(self, agreement_id: str) -> dict[str, Line] | None:
        """By id; none of an agreement that the PSA does not know any more, None when it could not be read."""
        if agreement_id not in self._lines:
            self._lines[agreement_id] = self._read(agreement_id)
        return self._lines[agreement_id]

    def _read(self, agreement_id: str) -> dict[str, Line] | None:
        try:
            return {line.id: line for line in self._psa.lines(agreement_id)}
        except NotThere:
            return {}
        except (PsaRefused, PsaUnavailable):
            return None  # tonight nothing is proven of it, and the next night asks again
