"""Lines that a save of mappings leaves behind: none is billed on without somebody who looks after it (K10, K15)."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from shared.billing.mapping.psa_cache import PsaCache
from shared.billing.models import LicenceMapping, LineRecord
from shared.billing.psa.base import Line
from shared.errors import Rejected


@dataclass(frozen=True, slots=True)
class Left:
    """A line that a mapping in force had, and that no mapping has once the save is done."""

    mapping: LicenceMapping
    """The one in force until now."""
    line_id: str

    @property
    def told(self) -> str:
        return f"line {self.line_id} in agreement {self.mapping.agreement_id}"

    def is_replaced_by(self, other: LicenceMapping) -> bool:
        """The other bills the same seats."""
        return other.id == self.mapping.id or other.sku_id == self.mapping.sku_id


def check_settled(line: LineRecord | None) -> None:
    """Raises Rejected while nobody knows what became of a write to the line."""
    if line is None or line.intent is None:
        return
    if line.intent.undecidable:
        raise Rejected(
            "Nobody knows whether the PSA has the last write to the line. Look there, say first that it was done or "
            "that it was not, then repeat this.",
            "undecidable",
        )
    raise Rejected(
        "A write to the line is not settled yet: nobody knows whether the PSA has it. Repeat this after the next sync, "
        "which finds out."
    )


def check_left(
    left: Iterable[Left],
    creating: Collection[LicenceMapping],
    looked_after: Collection[str],
    psas: PsaCache,
    today: date,
) -> None:
    """Raises Rejected when the PSA would go on to bill a line that is left behind.

    A person may say that they look after it from now on. A line that is created for the same seats waits for its
    last billed day in any case: never are both billed on one day.
    """
    for gone in left:
        new = [mapping for mapping in creating if gone.is_replaced_by(mapping)]
        if gone.line_id in looked_after and not new:
            continue
        line = _still_billed(gone, psas, today)
        if line is None:
            continue
        for mapping in new:
            _check_starts_after(gone, line, mapping.options.starts or today)
        if line.ends is None:
            raise Rejected(
                f"{_bills(gone, line)}, and nobody would look after it any more. Enter its last day in the PSA or set "
                "it to 0 there, then save again; or say that you look after it yourself from now on."
            )


def _still_billed(left: Left, psas: PsaCache, today: date) -> Line | None:
    """The line as it is now, unless it bills nothing any more."""
    where = left.mapping.connection, left.mapping.agreement_id
    agreement = psas.agreement(*where)
    if agreement is None or not agreement.active:
        return None
    line = psas.lines(*where).get(left.line_id)
    return line if line is not None and line.bills_from(today) else None


def _check_starts_after(left: Left, line: Line, starts: date) -> None:
    if line.ends is None:
        raise Rejected(
            f"{_bills(left, line)}: a new line beside it would bill the same seats twice. Enter its last day in the "
            "PSA and give the new line a start date after it, then save again; or keep the line."
        )
    if line.ends >= starts:
        raise Rejected(
            f"{_bills(left, line)} until {line.ends:%-d %b %Y}. Give the new line a start date after that day, then "
            "save again."
        )


def _bills(left: Left, line: Line) -> str:
    seats = f"{line.quantity.normalize():f}"
    return f"{left.told.capitalize()} still bills {seats} {'seat' if seats == '1' else 'seats'}"


def by_hand(left: Iterable[Left], looked_after: Collection[str]) -> Iterator[str]:
    """What a person said about lines that go on to be billed, for the record."""
    for gone in left:
        if gone.line_id in looked_after:
            yield f"From now on {gone.told} is looked after by hand."
