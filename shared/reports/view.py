"""What the monthly report shows: its PDF and its mail are both made from this, and it is what is kept of it."""

from dataclasses import dataclass

from shared.text import header_text


@dataclass(frozen=True, slots=True)
class BigNumber:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class ChangeRow:
    on: str
    name: str
    seats: str
    note: str


@dataclass(frozen=True, slots=True)
class LicenceRow:
    name: str
    purchased: str
    assigned: str
    spare: str
    average: str
    billed: str
    price: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    text: str
    share: float
    """Of the highest bar, 0 to 1."""
    now: bool


@dataclass(frozen=True, slots=True)
class PersonRow:
    name: str
    upn: str
    licences: str


@dataclass(frozen=True, slots=True)
class PersonChangeRow:
    on: str
    name: str
    upn: str
    what: str


@dataclass(frozen=True, slots=True)
class ReportView:
    title: str
    msp: str
    company: str
    month: str
    period: str
    date: tuple[int, int, int]
    """The last day that is told: the PDF's own date, so that the same figures give the same bytes."""
    numbers: tuple[BigNumber, ...]
    notes: tuple[str, ...]
    changes: tuple[ChangeRow, ...]
    licences: tuple[LicenceRow, ...]
    prices: bool
    chart: tuple[Bar, ...]
    chart_alt: str
    person_changes: tuple[PersonChangeRow, ...]
    mailboxes: tuple[PersonRow, ...]
    mailboxes_note: str
    people: tuple[PersonRow, ...]
    people_note: str
    chart_title: str = "Purchased seats over twelve months"

    @property
    def subject(self) -> str:
        return header_text(f"{self.company}: {self.title}, {self.month}")

    @property
    def preheader(self) -> str:
        """What a mail program shows beside the subject."""
        count = len(self.changes)
        numbers = ", ".join(f"{number.value} {number.label}" for number in self.numbers)
        return f"{numbers}. {count} change{'' if count == 1 else 's'}."
