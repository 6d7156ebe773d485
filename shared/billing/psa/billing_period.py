"""A period that a line is billed for. Stored with the line."""

from datetime import date

from shared.storage.documents import Document


class BillingPeriod(Document):
    """Its first and its last day."""

    first: date
    last: date
    is_billed: bool = False
    """It is on an invoice already."""
