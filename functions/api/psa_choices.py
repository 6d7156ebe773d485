"""What a PSA offers to choose from: companies, agreements and products as last read, and an agreement's lines."""

from datetime import date
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from functions.api.lists import CSV, Page, Pages, by_name
from functions.api.models import Shown
from functions.api.principal import Editor, Principal, Reader
from functions.api.problems import Refused
from functions.api.psa_connections import ConnectionId
from shared.billing import psa_lists
from shared.billing.mapping import choices
from shared.billing.mapping.agreement_fits import fewer_seats_of, more_seats_of
from shared.billing.mapping.choices import LineChoice
from shared.billing.psa.base import Agreement, Product, Proration
from shared.billing.psa_connections import psa_connection
from shared.billing.psa_lists import PsaLists

router = APIRouter(prefix="/accounts/{account}/psa-connections/{psaConnection}", tags=["PSA connections"])
type AgreementId = Annotated[str, Path(alias="agreement", max_length=100)]
type Search = Annotated[str, Query(max_length=100, description="A part of the name, in any case")]


class ShownPsaCompany(Shown):
    id: str
    name: str
    identifier: str


class ShownAgreement(Shown):
    id: str
    name: str
    type: str
    company_id: str
    active: bool
    """False: cancelled, expired or inactive; its lines are not written."""
    ends: date | None
    prorates: bool
    next_invoice: date | None
    period: Literal["monthly", "annual", "other", "unknown"]
    """How often it is billed."""
    more_seats: list[Literal["from_their_day", "from_period_start"]]
    """What a mapping may say of more seats within a period."""
    fewer_seats: list[Literal["at_once", "next_period", "credited"]]


class ShownProduct(Shown):
    id: str
    sku: str
    name: str
    price: Decimal
    active: bool
    period: Literal["monthly", "annual", "other", "unknown"]
    """What the price is for: an agreement that is known to be billed otherwise is refused."""


class ShownPsaLine(Shown):
    id: str
    product_id: str
    description: str
    quantity: Decimal
    unit_price: Decimal
    billable: Literal["billable", "do_not_bill", "no_charge"] | None
    effective: date | None
    ends: date | None
    not_writable: str
    """Why it cannot be mapped, as a sentence; "" when it can."""
    tenant_id: str
    """Whose mapping it belongs to, "" when it is free."""
    mapping_id: str


def shown_agreement(agreement: Agreement) -> ShownAgreement:
    return ShownAgreement(
        id=agreement.id,
        name=agreement.name,
        type=agreement.type,
        company_id=agreement.company_id,
        active=agreement.active,
        ends=agreement.ends,
        prorates=agreement.proration is not Proration.NONE,
        next_invoice=agreement.next_invoice,
        period=agreement.period.value,
        more_seats=[choice.value for choice in more_seats_of(agreement)],
        fewer_seats=[choice.value for choice in fewer_seats_of(agreement)],
    )


def _shown_product(product: Product) -> ShownProduct:
    return ShownProduct(
        id=product.id,
        sku=product.sku,
        name=product.name,
        price=product.price,
        active=product.active,
        period=product.period.value,
    )


def _shown_line(choice: LineChoice) -> ShownPsaLine:
    line = choice.line
    return ShownPsaLine(
        id=line.id,
        product_id=line.product_id,
        description=line.description,
        quantity=line.quantity,
        unit_price=line.unit_price,
        billable=line.billable.value if line.billable else None,
        effective=line.effective,
        ends=line.ends,
        not_writable=line.not_writable,
        tenant_id=choice.tenant_id,
        mapping_id=choice.mapping_id,
    )


@router.get(
    "/companies", operation_id="listPsaCompanies", response_model=Page[ShownPsaCompany], responses=CSV
)
def list_companies(
    connection_id: ConnectionId, asking: Reader, paging: Pages, search: Search = ""
) -> Page[ShownPsaCompany] | Response:
    """By name. As of the newest refresh, whose time the connection tells."""
    rows = sorted(
        (
            by_name(company.name, company.id),
            ShownPsaCompany(id=company.id, name=company.name, identifier=company.identifier),
        )
        for company in _lists(asking, connection_id).companies
        if search.casefold() in company.name.casefold()
    )
    return paging.answer_all(asking, "psa-companies", rows)


@router.get(
    "/agreements", operation_id="listPsaAgreements", response_model=Page[ShownAgreement], responses=CSV
)
def list_agreements(
    connection_id: ConnectionId,
    asking: Reader,
    paging: Pages,
    company: Annotated[str, Query(max_length=100, description="Of this PSA company only")] = "",
    search: Search = "",
) -> Page[ShownAgreement] | Response:
    """By name. As of the newest refresh."""
    rows = sorted(
        (by_name(agreement.name, agreement.id), shown_agreement(agreement))
        for agreement in _lists(asking, connection_id).agreements
        if company in ("", agreement.company_id) and search.casefold() in agreement.name.casefold()
    )
    return paging.answer_all(asking, "psa-agreements", rows)


@router.get("/products", operation_id="listPsaProducts", response_model=Page[ShownProduct], responses=CSV)
def list_products(
    connection_id: ConnectionId, asking: Reader, paging: Pages, search: Search = ""
) -> Page[ShownProduct] | Response:
    """By name. As of the newest refresh."""
    rows = sorted(
        (by_name(product.name, product.id), _shown_product(product))
        for product in _lists(asking, connection_id).products
        if search.casefold() in f"{product.name}\n{product.sku}".casefold()
    )
    return paging.answer_all(asking, "psa-products", rows)


@router.get(
    "/agreements/{agreement}/lines",
    operation_id="listPsaLines",
    response_model=Page[ShownPsaLine],
    responses=CSV,
)
def list_lines(
    connection_id: ConnectionId, agreement_id: AgreementId, asking: Editor, paging: Pages
) -> Page[ShownPsaLine] | Response:
    """As the PSA says at this moment: a line is adopted with the number that it has now."""
    found = psa_connection(asking.tables, asking.account, connection_id)
    psa = asking.wired.psa(asking.account, found)
    lines = choices.lines_of(asking.tables, asking.account, psa, found.id, agreement_id)
    rows = sorted((by_name(line.line.description, line.line.id), _shown_line(line)) for line in lines)
    return paging.answer_all(asking, "psa-lines", rows)


def _lists(asking: Principal, connection_id: str) -> PsaLists:
    """Never read is not the same as none."""
    found = psa_connection(asking.tables, asking.account, connection_id)
    lists = psa_lists.load(asking.wired.blobs, asking.account, found.id)
    if lists is None:
        why = psa_lists.state(asking.tables, asking.account, found.id).failure
        sentence = f"The lists of {found.name} were not read yet. {why}".strip()
        raise Refused(HTTPStatus.CONFLICT, "not_read_yet", f"{sentence} Refresh the connection.")
    return lists
