"""Recurring invoices: how a document is shown, and what becomes of it when it is posted."""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.standins.state import Document, State, stamp
from sandbox.standins.texts import stored_text
from sandbox.standins.vendors.halo.habits import habit
from sandbox.standins.vendors.halo.refusals import Refused
from sandbox.standins.worlds.halo import LINE, UNSET_DATE

HEADER = ("client_id", "name", "period", "disabled", "startdate", "enddate", "nextcreationdate")
"""Fields of the document itself that can be written; those that are left out stay as they are."""
_COMPUTED_HEADER = frozenset({"id", "client_name", "last_modified", "contains_calculated_quantity", "lines"})
_COMPUTED_LINE = frozenset({"id", "ihid", "net_amount", "_is_calculated_line"})
_ROW = {"date": UNSET_DATE, "quantity": 0, "isinvoiced": False}
_NUMBERS = ("qty_order", "unit_price", "unit_cost", "discount_perc")
_LARGEST = 10**9
_TEXT = "item_shortdescription"


def shown_header(invoice: Document, state: State) -> Document:
    """The document as a list shows it: without lines."""
    client = state.get("halo_client", f"{invoice['site']}/{invoice['client_id']}")
    return {
        "id": invoice["id"],
        **{name: invoice[name] for name in HEADER},
        "client_name": client["name"],
        "last_modified": invoice["last_modified"],
        "contains_calculated_quantity": any(_is_counted(line) for line in invoice["lines"].values()),
    }


def shown(invoice: Document, state: State) -> Document:
    """The document to edit, with every line."""
    lines = [shown_line(line, invoice["id"]) for line in invoice["lines"].values()]
    return shown_header(invoice, state) | {"lines": lines}


def shown_line(line: Document, invoice: int) -> Document:
    told = {name: deepcopy(line[name]) for name in ("id", *LINE)}
    amount = _counted(line["qty_order"]) * _counted(line["unit_price"])
    return told | {"ihid": invoice, "net_amount": round(amount, 2), "_is_calculated_line": _is_counted(line)}


def in_effect(line: Document) -> float:
    """What is billed once every pending row has been rolled into the quantity."""
    rows = line["prorata_data"] if isinstance(line["prorata_data"], list) else []
    pending = sum(_counted(row["quantity"]) for row in rows if not row["isinvoiced"])
    return _counted(line["qty_order"]) + pending


def _counted(value: Any) -> float:
    """A control may have put anything there, and the document shows it as it is."""
    return float(value) if _is_number(value) else 0.0


def _is_counted(line: Document) -> bool:
    return bool(line["recurring_invoice_quantity_type"]) or bool(line["quantity_licences"])


@dataclass
class Change:
    """One document on its way from what it was to what was posted."""

    state: State
    site: Document
    who: str
    log: list[Document] = field(default_factory=list)

    def posted(self, invoice: Document, body: Document) -> Document:
        """The document after a POST. A line that is left out is lost, a field that is left out is reset."""
        _check_names(body, {*HEADER, *_COMPUTED_HEADER}, "an invoice")
        lines = body.get("lines")
        if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
            raise Refused(400, "lines must be a list of lines.")
        fresh: Document = {**invoice, **{name: body[name] for name in HEADER if name in body}}
        for name in HEADER:
            self.note(invoice, name, invoice[name], fresh[name])
        fresh["lines"] = {}
        for sent in lines:
            line = self._line(invoice, sent)
            fresh["lines"][str(line["id"])] = line
        for number, line in invoice["lines"].items():
            if number not in fresh["lines"]:
                self.note(invoice, "line", line["item_shortdescription"], "", line["id"])
        fresh["last_modified"] = stamp(self.state.now())
        return fresh

    def _line(self, invoice: Document, sent: Document) -> Document:
        _check_names(sent, {*LINE, *_COMPUTED_LINE}, "a line")
        _check_values(sent)
        number = sent.get("id") or 0
        before = invoice["lines"].get(str(number)) if number else None
        if number and before is None:
            raise Refused(400, f"Line {number} is not a line of invoice {invoice['id']}.")
        line: Document = {name: deepcopy(sent.get(name, default)) for name, default in LINE.items()}
        line["id"] = number or self._next("next_line")
        line["prorata_data"] = [self._row(invoice, line, before, row) for row in line["prorata_data"]]
        if before is None:
            self._begin(line, sent)
        elif "counted" in before:
            line["counted"] = before["counted"]
        if before is not None and before[_TEXT] != line[_TEXT]:
            line[_TEXT] = stored_text(habit(self.site, "texts"), line[_TEXT])
        self.note_line(invoice, before, line)
        return line

    def _begin(self, line: Document, sent: Document) -> None:
        """A new line takes the texts of its item, and its price where none was sent."""
        item = self.state.find("halo_item", f"{self.site['key']}/{line['_itemid']}")
        if item is None:
            raise Refused(400, f"There is no item {line['_itemid']}.")
        line["item_code"] = line["item_code"] or item["code"]
        line["item_shortdescription"] = line["item_shortdescription"] or item["name"]
        if "unit_price" not in sent and habit(self.site, "prices_new_lines"):
            line["unit_price"] = item["price"]
        if "unit_cost" not in sent:
            line["unit_cost"] = item["cost"]
        if not habit(self.site, "keeps_reference"):
            line["customfields"] = []

    def _row(self, invoice: Document, line: Document, before: Document | None, sent: Any) -> Document:
        if not isinstance(sent, dict):
            raise Refused(400, "prorata_data must be a list of rows.")
        _check_names(sent, {"id", *_ROW}, "a pro-rata row")
        if not _is_number(sent.get("quantity", 0)):
            raise Refused(400, "The quantity of a pro-rata row must be a number.")
        known = {row["id"] for row in before["prorata_data"]} if before else set()
        number = sent.get("id") or 0
        if number and number not in known:
            raise Refused(400, f"There is no pro-rata row {number}.")
        row = {name: sent.get(name, default) for name, default in _ROW.items()}
        row["id"] = number or self._next("next_row")
        if not number:
            self.note(invoice, "prorata_quantity", "", row["quantity"], line["id"], row["id"])
        return row

    def _next(self, name: str) -> int:
        number: int = self.site[name]
        self.state.change("halo_site", self.site["key"], lambda document: document.update({name: number + 1}))
        self.site[name] = number + 1
        return number

    def note_line(self, invoice: Document, before: Document | None, line: Document) -> None:
        for name in LINE:
            was = before[name] if before else None
            if name != "prorata_data" and was != line[name] and (before or name == "qty_order"):
                self.note(invoice, name, "" if was is None else was, line[name], line["id"])

    def note(self, invoice: Document, name: str, old: Any, new: Any, line: int = 0, row: int = 0) -> None:
        if old != new:
            told = {"invoice_id": invoice["id"], "field_name": name, "old_value": _text(old)}
            told |= {"new_value": _text(new), "who": self.who, "datetime": stamp(self.state.now())}
            self.log.append(told | {"invoice_line_id": line, "invoice_detail_prorata_id": row})


def store(state: State, site: Document, fresh: Document, log: list[Document]) -> Document:
    """Keep the document and what changed of it; the changes are what /InvoiceChange tells."""
    for entry in log:
        number = len(state.all("halo_change")) + 1
        state.put("halo_change", str(number), entry | {"id": number, "site": site["key"]})

    def edit(document: Document) -> None:
        document.update(deepcopy({name: value for name, value in fresh.items() if name != "version"}))

    return state.change("halo_invoice", f"{site['key']}/{fresh['id']}", edit)


def billed(invoice: Document, now: datetime) -> Document:
    """The document after Halo made its invoice: rows are rolled into the quantity, counted lines are counted."""
    fresh = deepcopy(invoice)
    for line in fresh["lines"].values():
        line["qty_order"] = in_effect(line)
        line["prorata_data"] = []
        if "counted" in line:
            line["qty_order"] = line["counted"]
    fresh["last_modified"] = stamp(now)
    return fresh


def _check_names(sent: Document, known: set[str], what: str) -> None:
    """A misspelt field would be ignored by Halo, and nobody would be told."""
    if unknown := sorted(set(sent) - known):
        raise Refused(400, f"{unknown[0]} is no field of {what}.")


def _check_values(sent: Document) -> None:
    for name in _NUMBERS:
        if name in sent and not _is_number(sent[name]):
            raise Refused(400, f"{name} must be a number.")
    for name in ("prorata_data", "customfields", "quantity_licences"):
        if name in sent and not isinstance(sent[name], list):
            raise Refused(400, f"{name} must be a list.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
