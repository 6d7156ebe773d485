"""N5: the month-end certificate: "ready to invoice", or the list of what is missing."""

from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime

from functions.api.kept import certificate_of
from functions.api.lists import CSV, Page, Pages, keyed
from functions.api.models import Shown, examples
from functions.api.principal import Reader
from shared.licensing import product_names
from shared.licensing.product_names import Names
from shared.reports.certificate.models import (
    SENTENCES,
    CertificateRow,
    Reason,
    Standing,
)

router = APIRouter(prefix="/accounts/{account}/certificate", tags=["certificate"])


class ShownTotal(Shown):
    rows: int
    seats: int
    """Purchased, where they are known."""
    billed: int
    """What the PSA was last proven to say."""
    money: Decimal
    """A month, by the lines' prices, as far as they are known."""


class ShownMissing(Shown):
    reason: Reason
    sentence: str
    rows: int


class ShownCertificate(Shown):
    model_config = Shown.model_config | examples(
        {
            "at": "2026-11-30T16:00:00Z",
            "readyToInvoice": False,
            "balances": True,
            "unaccounted": [],
            "billed": {"rows": 120, "seats": 2210, "billed": 2210, "money": "41250.00"},
            "excluded": {"rows": 14, "seats": 61, "billed": 0, "money": "0"},
            "open": {"rows": 1, "seats": 5, "billed": 0, "money": "0"},
            "missing": [
                {
                    "reason": "not_mapped",
                    "sentence": "Paid for and billed nowhere: map it, or choose “do not bill”.",
                    "rows": 1,
                }
            ],
        }
    )

    at: AwareDatetime
    """When it was worked out: at most an hour ago, and nothing was decided or judged since."""
    ready_to_invoice: bool
    balances: bool
    """Every paid licence and every line of ours is in exactly one row."""
    unaccounted: list[str]
    """What is not: please report it."""
    billed: ShownTotal
    excluded: ShownTotal
    open: ShownTotal
    missing: list[ShownMissing]
    """The open rows by reason, the most first."""


class ShownCertificateRow(Shown):
    tenant_id: str
    customer: str
    sku_id: str
    """"" for the customer as a whole."""
    subscription_id: str
    name: str
    seats: int | None
    standing: Standing
    reason: Reason
    sentence: str
    connection: str
    agreement_id: str
    line_id: str
    billed: int | None
    money: Decimal


def _total(found: tuple[CertificateRow, ...]) -> ShownTotal:
    return ShownTotal(
        rows=len(found),
        seats=sum(row.seats or 0 for row in found),
        billed=sum(row.billed or 0 for row in found),
        money=sum((row.money for row in found), Decimal(0)),
    )


def shown_row(row: CertificateRow, names: Names) -> ShownCertificateRow:
    licence, line = row.licence, row.line
    return ShownCertificateRow(
        tenant_id=row.tenant_id,
        customer=row.customer,
        sku_id=licence.sku_id if licence else "",
        subscription_id=licence.subscription_id if licence else "",
        name=names(licence.sku_id, row.part_number) if licence else "",
        seats=row.seats,
        standing=row.standing,
        reason=row.reason,
        sentence=SENTENCES[row.reason],
        connection=line.connection if line else "",
        agreement_id=line.agreement_id if line else "",
        line_id=row.line_id,
        billed=row.billed,
        money=row.money,
    )


@router.get("", operation_id="getCertificate")
def get(asking: Reader) -> ShownCertificate:
    """By what is stored, as of `at`. Before an invoice, start a run with `everyAgreement`: it reads all lines anew."""
    found = certificate_of(asking)
    return ShownCertificate(
        at=found.at,
        ready_to_invoice=found.ready_to_invoice,
        balances=found.balances,
        unaccounted=list(found.unaccounted),
        billed=_total(found.of(Standing.BILLED)),
        excluded=_total(found.of(Standing.EXCLUDED)),
        open=_total(found.of(Standing.OPEN)),
        missing=[
            ShownMissing(reason=reason, sentence=SENTENCES[reason], rows=rows)
            for reason, rows in found.missing.items()
        ],
    )


@router.get(
    "/rows", operation_id="listCertificateRows", response_model=Page[ShownCertificateRow], responses=CSV
)
def rows(
    asking: Reader,
    paging: Pages,
    standing: Annotated[Literal["billed", "excluded", "open"] | None, Query()] = None,
) -> Page[ShownCertificateRow] | Response:
    """Every customer x every paid licence, by customer."""
    names = product_names.load(asking.wired.blobs)
    found = (row for row in certificate_of(asking).rows if standing in (None, row.standing.value))
    return paging.answer_all(asking, "certificate", keyed(shown_row(row, names) for row in found))
