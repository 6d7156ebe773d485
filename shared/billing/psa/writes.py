"""What a PSA is asked to write: one intended change of one line."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from shared.storage.documents import Document


class BillableOption(StrEnum):
    BILLABLE = "billable"
    DO_NOT_BILL = "do_not_bill"
    NO_CHARGE = "no_charge"


class WriteKind(StrEnum):
    SET_QUANTITY = "set_quantity"
    CREATE_LINE = "create_line"
    PRORATE = "prorate"
    """A second line, from `effective` to `ends`: seats that came within a period that is billed already."""
    SET_TEXT = "set_text"
    """Nothing but what the customer reads: `before` and `after` are the seats that the line keeps."""
    END_LINE = "end_line"
    """The line bills no seats after its last day, `ends`; until then it says what it said."""


class Write(Document):
    """One intended change of one line, stored with the intent before it is sent. `line_id` is "" for a new line."""

    kind: WriteKind
    agreement_id: str
    line_id: str = ""
    product_id: str
    before: int
    after: int
    effective: date | None = None
    """The day from which it counts, fixed when the intent is stored: a repeat on the next day asks for the same day."""
    ends: date | None = None
    """The last day on which the line is billed."""
    ended: date | None = None
    """The last day that the line had before."""
    marker: str = ""
    fingerprint: str = ""
    document: str = ""
    """What the whole document said when the line was looked at: if it says something else, there is a CONFLICT."""
    billable: BillableOption = BillableOption.BILLABLE
    unit_price: Decimal | None = None
    """Of a new line; None leaves it to the PSA, which takes the product's."""
    invoice_text: str = ""
    text_before: str | None = None
    """What the customer reads until now, of a write that sets the text of a line that is there; None: it sets none."""

    @property
    def sets_text(self) -> bool:
        """A line that is there gets another text, alone or with its quantity."""
        return self.text_before is not None
