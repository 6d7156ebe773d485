"""What a HaloPSA instance begins with, and how it is written into an empty state."""

from dataclasses import dataclass
from typing import Any

from sandbox.standins.state import Document, State, stamp

UNSET_DATE = "1900-01-01T00:00:00Z"
"""How Halo writes a date that is not set."""


@dataclass(frozen=True, slots=True)
class HaloClient:
    """A customer; Halo calls it a client."""

    id: int
    name: str
    website: str = ""
    inactive: bool = False


@dataclass(frozen=True, slots=True)
class HaloItem:
    id: int
    code: str
    name: str
    price: float
    cost: float
    inactive: bool = False


@dataclass(frozen=True, slots=True)
class ProRata:
    """A pending row: that many more from that day. Halo adds it to the quantity when it makes the invoice."""

    quantity: float
    in_days: int = 5


@dataclass(frozen=True, slots=True)
class HaloLine:
    """A line of a recurring invoice, as it stands in Halo now."""

    id: int
    item_id: int
    quantity: float
    unit_price: float
    counted: float | None = None
    """Halo counts the quantity itself, and this is what it finds."""
    pending: tuple[ProRata, ...] = ()
    reference: str = ""
    """Value of the custom field CFSeatwise."""
    begins_in_days: int | None = None
    ends_in_days: int | None = None
    inactive: bool = False


@dataclass(frozen=True, slots=True)
class RecurringInvoice:
    id: int
    client_id: int
    name: str
    lines: tuple[HaloLine, ...]
    period: int = 2
    """1 weekly, 2 monthly, 3 yearly, 4 quarterly, 5 half-yearly."""
    disabled: bool = False
    ends_in_days: int | None = None
    invoices_in_days: int = 20


@dataclass(frozen=True, slots=True)
class HaloPsa:
    """One Halo instance with the API application Seatwise uses."""

    key: str
    account: str
    host: str
    """For example quayside.halopsa.com."""
    tenant: str
    client_id: str
    client_secret: str
    agent: str
    clients: tuple[HaloClient, ...]
    items: tuple[HaloItem, ...]
    invoices: tuple[RecurringInvoice, ...]


LINE: Document = {
    "item_code": "",
    "item_shortdescription": "",
    "item_longdescription": "",
    "nominal_code": "",
    "tax_code": "",
    "qty_order": 0,
    "unit_price": 0,
    "unit_cost": 0,
    "discount_perc": 0,
    "_itemid": 0,
    "item_internal_reference": "",
    "item_external_reference": "",
    "productnumber": "",
    "contract_id": 0,
    "group_id": 0,
    "asset_id": 0,
    "sequenceid": 0,
    "recurring_invoice_quantity_type": 0,
    "quantity_licences": [],
    "quantity_subscriptions": [],
    "quantity_users": [],
    "quantity_assets": [],
    "prorata_data": [],
    "startdate": UNSET_DATE,
    "enddate": UNSET_DATE,
    "autorenew": False,
    "billingperiod": 0,
    "line_periods": 0,
    "isinactive": False,
    "hide_on_pdf": False,
    "exclude_auto_increase": False,
    "customfields": [],
}
"""The fields of a line that can be written, and what a field becomes that is left out."""

COUNTED_BY_LICENCES = 2
"""`recurring_invoice_quantity_type` of a line that counts Halo's own licence records; 0 is a line by hand."""


def begin_halo(state: State, site: HaloPsa) -> None:
    """Write one instance into an empty state."""
    last_line = max((line.id for invoice in site.invoices for line in invoice.lines), default=0)
    rows = sum(len(line.pending) for invoice in site.invoices for line in invoice.lines)
    document: Document = {
        "key": site.key,
        "account": site.account,
        "host": site.host,
        "tenant": site.tenant,
        "client_id": site.client_id,
        "client_secret": site.client_secret,
        "agent": site.agent,
        "limit_per_5_minutes": 300,
        "others_per_5_minutes": 0,
        "missing_rights": [],
        "habits": {},
        "next_line": last_line + 1,
        "next_row": 70_001 + rows,
    }
    state.put("halo_site", site.key, document)
    for client in site.clients:
        plain = {"id": client.id, "name": client.name, "website": client.website, "inactive": client.inactive}
        state.put("halo_client", f"{site.key}/{client.id}", plain | {"site": site.key})
    items = {item.id: item for item in site.items}
    for item in site.items:
        plain = {"id": item.id, "code": item.code, "name": item.name, "inactive": item.inactive}
        plain |= {"price": item.price, "cost": item.cost, "site": site.key}
        state.put("halo_item", f"{site.key}/{item.id}", plain)
    row = 70_001
    for invoice in site.invoices:
        lines: dict[str, Document] = {}
        for sequence, line in enumerate(invoice.lines, start=1):
            lines[str(line.id)] = _line(state, line, sequence, items[line.item_id], row)
            row += len(line.pending)
        state.put("halo_invoice", f"{site.key}/{invoice.id}", _invoice(state, site, invoice, lines))


def _invoice(state: State, site: HaloPsa, invoice: RecurringInvoice, lines: dict[str, Document]) -> Document:
    return {
        "id": invoice.id,
        "site": site.key,
        "client_id": invoice.client_id,
        "name": invoice.name,
        "period": invoice.period,
        "disabled": invoice.disabled,
        "startdate": _midnight(state, -400),
        "enddate": _midnight(state, invoice.ends_in_days),
        "nextcreationdate": _midnight(state, invoice.invoices_in_days),
        "last_modified": stamp(state.day(-1)),
        "version": 1,
        "lines": lines,
    }


def _line(state: State, line: HaloLine, sequence: int, item: HaloItem, first_row: int) -> dict[str, Any]:
    whole: dict[str, Any] = {
        **LINE,
        "id": line.id,
        "_itemid": item.id,
        "item_code": item.code,
        "item_shortdescription": item.name,
        "qty_order": line.quantity,
        "unit_price": line.unit_price,
        "unit_cost": item.cost,
        "sequenceid": sequence,
        "startdate": _midnight(state, line.begins_in_days),
        "enddate": _midnight(state, line.ends_in_days),
        "isinactive": line.inactive,
        "prorata_data": [
            _row(state, pending, number) for number, pending in enumerate(line.pending, start=first_row)
        ],
    }
    if line.reference:
        whole["customfields"] = [{"name": "CFSeatwise", "value": line.reference}]
    if line.counted is not None:
        whole["recurring_invoice_quantity_type"] = COUNTED_BY_LICENCES
        whole["quantity_licences"] = [{"id": line.id, "licence_id": item.id, "licence_name": item.name}]
        whole["counted"] = line.counted
    return whole


def _row(state: State, pending: ProRata, number: int) -> Document:
    on = _midnight(state, pending.in_days)
    return {"id": number, "date": on, "quantity": pending.quantity, "isinvoiced": False}


def _midnight(state: State, days: int | None) -> str:
    return UNSET_DATE if days is None else stamp(state.day(days))[:10] + "T00:00:00Z"
