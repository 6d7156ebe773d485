"""Syncro: a line is a line item of an invoice schedule, its quantity is written as an absolute number.

What shapes this file: 25 rows a page, 180 calls a minute, no proration, and no field for our mark but the description,
which the customer reads.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Any

import requests
from pydantic import field_validator

from shared.billing.psa.base import (
    Agreement,
    BillableOption,
    Effect,
    EndsBy,
    Evidence,
    Line,
    NotThere,
    Period,
    Product,
    PsaCompany,
    PsaRefused,
    PsaUnavailable,
    Sent,
    Write,
    WriteAnswer,
    WriteKind,
)
from shared.billing.psa.causes import Cause
from shared.billing.psa.kinds import PsaSettings
from shared.billing.psa.pace import pace_of
from shared.billing.psa.read_back import judge_created, judge_quantity
from shared.billing.psa.site import host_of
from shared.http.client import UNTOLD_WAIT, Http, NotConnected, Throttled, Unclear, Unreachable, json_of

PSA = "Syncro"
RIGHTS = {
    "customers": "Customers - List",
    "products": "Products - List",
    "schedules": "Recurring Invoices - List",
}
MAY_EDIT = "Recurring Invoices - Edit"
CALLS_A_MINUTE = 140
MOST_PAGES = 2000
type Row = Mapping[str, Any]
_MARKED = re.compile(r"(?s)(.*?)\s*\[([^\[\]]*)\]$")
_COMPUTED = frozenset({"quantity", "subtotal", "updated_at"})
_PERIODS = {
    "Monthly": Period.MONTHLY,
    "Annually": Period.ANNUAL,
    "Weekly": Period.OTHER,
    "Quarterly": Period.OTHER,
}


class SyncroSettings(PsaSettings):
    site: str
    """The host alone, for example yourname.syncromsp.com."""

    @property
    def system(self) -> str:
        return self.site

    @field_validator("site")
    @classmethod
    def _site_is_syncro(cls, value: str) -> str:
        host = host_of(value, "yourname.syncromsp.com")
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*\.syncromsp\.com", host):
            raise ValueError("Site must be a name like yourname.syncromsp.com.")
        return host


class Syncro:
    max_parallel = 2
    repeatable = frozenset({WriteKind.SET_QUANTITY})
    whole_document = creates_empty = False
    ends_by = EndsBy.A_PERSON
    text_with_quantity = False

    def __init__(self, settings: SyncroSettings, token: str, http: Http) -> None:
        self._root, self._http = f"https://{settings.site}/api/v1", http
        self._headers = {"Authorization": f"Bearer {token}"}
        self._pace = pace_of(settings.system, CALLS_A_MINUTE)

    # Reading

    def check(self) -> None:
        for name in RIGHTS:
            self._page(name, 1)

    def companies(self) -> list[PsaCompany]:
        return [
            PsaCompany(str(row["id"]), _text(row, "business_name"), "") for row in self._whole("customers")
        ]

    def products(self) -> list[Product]:
        return [_product(row) for row in self._whole("products")]

    def agreements(self) -> list[Agreement]:
        return [
            Agreement(
                id=str(row["id"]),
                name=_text(row, "name"),
                type=_text(row, "frequency"),
                company_id=str(row.get("customer_id") or ""),
                active=row.get("paused") is False,
                ends=None,
                next_invoice=None,
                not_understood="" if row.get("customer_id") else "customer_id",
                period=_PERIODS.get(_text(row, "frequency"), Period.UNKNOWN),
            )
            for row in self._whole("schedules")
        ]

    def lines(self, agreement_id: str) -> list[Line]:
        schedule = self._ask(f"schedules/{_id(agreement_id)}", {}).get("schedule")
        rows = schedule.get("lines") if isinstance(schedule, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) and row.get("id") for row in rows):
            raise PsaUnavailable(f"Syncro sent schedule {agreement_id} without its lines.")
        return [_line(row, agreement_id) for row in rows]

    def find_effect(self, write: Write, line_id: str = "") -> Evidence:
        try:
            lines = self.lines(write.agreement_id)
        except NotThere:
            return Evidence(Effect.DIVERGED, None)
        if write.kind is WriteKind.CREATE_LINE:
            return judge_created(write.model_copy(update={"effective": None}), lines, line_id)
        return judge_quantity(write, next((line for line in lines if line.id == write.line_id), None))

    def _whole(self, name: str) -> list[Row]:
        """Every row of a list. Pages are counted off: two reads that agree have hidden none."""
        if pause := self._pace.pause(self._http.clock()):
            raise PsaUnavailable("Syncro was asked as often as it may be for now.", pause, asked_for=True)
        rows, pages = self._pages(name)
        if pages > 1 and self._pages(name)[0].keys() != rows.keys():
            raise PsaUnavailable("Syncro changed a list while it was read.")
        return list(rows.values())

    def _pages(self, name: str) -> tuple[dict[str, Row], int]:
        rows: dict[str, Row] = {}
        for number in range(1, MOST_PAGES + 1):
            page = {str(row["id"]): row for row in self._page(name, number)}
            if not page.keys() - rows.keys():
                return rows, number - 1
            rows |= page
        raise PsaUnavailable("Syncro sent a list that goes on without an end.")

    def _page(self, name: str, number: int) -> list[Row]:
        rows = self._ask(name, {"page": number}).get(name)
        if not isinstance(rows, list) or not all(isinstance(row, dict) and row.get("id") for row in rows):
            raise PsaUnavailable("Syncro sent something else than a list of rows.")
        return rows

    def _ask(self, path: str, params: Mapping[str, int]) -> dict[str, Any]:
        self._pace.count(self._http.clock())
        try:
            answer = self._http.read("GET", f"{self._root}/{path}", headers=self._headers, params=params)
            if answer.status_code == HTTPStatus.OK and isinstance(body := json_of(answer), dict):
                return body
        except Throttled as wait:
            raise PsaUnavailable(str(wait), wait.after, asked_for=True) from None
        except Unreachable as error:
            raise PsaUnavailable(error.why) from None
        if refusal := _for_all(answer, RIGHTS.get(path.split("/", maxsplit=1)[0], path)):
            raise refusal
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise NotThere("404", "It is not in Syncro any more. Map its licences anew.")
        raise PsaRefused(str(answer.status_code), f"Syncro refuses to be read: {_words(answer)}")

    # Writing

    def apply(self, *writes: Write) -> WriteAnswer:
        (write,) = writes
        try:
            method, path, body = _request(write)
        except PsaRefused as refused:
            return WriteAnswer(Sent.REFUSED, refused.sentence)
        self._pace.count(self._http.clock())
        try:
            answer = self._http.write(method, f"{self._root}/{path}", headers=self._headers, json=body)
        except NotConnected as error:
            return WriteAnswer(Sent.NOT_SENT, error.why, UNTOLD_WAIT)
        except Unclear as error:
            return WriteAnswer(Sent.UNCLEAR, error.why)
        return self._judge(answer)

    def _judge(self, answer: requests.Response) -> WriteAnswer:
        status, words = answer.status_code, _words(answer)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            wait = self._http.wait_asked_for(answer)
            return WriteAnswer(Sent.NOT_SENT, words, UNTOLD_WAIT if wait is None else wait, asked_for=True)
        if answer.ok and not answer.is_redirect:
            return WriteAnswer(Sent.ANSWERED, line_id=_made(answer))
        if refusal := _for_all(answer, MAY_EDIT):
            return WriteAnswer(Sent.REFUSED, words, refusal=refusal)
        if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return WriteAnswer(Sent.REFUSED, words)
        return WriteAnswer(Sent.UNCLEAR, words)


def _request(write: Write) -> tuple[str, str, dict[str, object]]:
    """Method, path and body of the one request. Raises PsaRefused for a write that cannot be one."""
    schedule = f"schedules/{_id(write.agreement_id)}"
    if write.kind is WriteKind.SET_QUANTITY:
        return "PUT", f"{schedule}/line_items/{_id(write.line_id)}", {"quantity": write.after}
    if write.billable is not BillableOption.BILLABLE:
        raise PsaRefused("billable", "Every line of Syncro is billed: choose a billing profile that bills.")
    text = f"{write.invoice_text} [{write.marker}]".strip()
    body = {"product_id": _id(write.product_id), "quantity": write.after, "description": text}
    if write.unit_price is not None:
        body["retail_cents"] = round(write.unit_price * 100)
    return "POST", f"{schedule}/add_line_item", body


def _product(row: Row) -> Product:
    price, cost = (_number(row.get(name)) or Decimal() for name in ("price_retail", "price_cost"))
    active = row.get("disabled") is False
    return Product(str(row["id"]), _text(row, "upc_code"), _text(row, "name"), price, cost, active)


def _line(row: Row, agreement_id: str) -> Line:
    text = _text(row, "description")
    marked = _MARKED.fullmatch(text)
    quantity = _number(row.get("quantity"))
    kept = {name: value for name, value in row.items() if name not in _COMPUTED and value not in (None, "")}
    return Line(
        id=str(row["id"]),
        agreement_id=agreement_id,
        product_id=str(row.get("product_id") or ""),
        quantity=quantity or Decimal(),
        unit_price=Decimal(int(_number(row.get("retail_cents")) or 0)) / 100,
        description=marked[1] if marked else text,
        marker=marked[2] if marked else "",
        effective=None,
        ends=None,
        not_writable="" if quantity is not None else "Syncro shows it without a quantity. Enter one there.",
        fingerprint=hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:32],
        billable=BillableOption.BILLABLE,
    )


def _for_all(answer: requests.Response, right: str) -> PsaRefused | None:
    """Why the whole connection is refused; None when it is about this request."""
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        return PsaRefused.for_all(PSA, Cause.SIGN_IN, "401", "the API token")
    if answer.status_code == HTTPStatus.FORBIDDEN:
        return PsaRefused.for_all(PSA, Cause.RIGHTS, "403", right)
    return None


def _made(answer: requests.Response) -> str:
    try:
        body = json_of(answer)
    except Unreachable:
        return ""
    item = body.get("schedule_line_item") if isinstance(body, dict) else None
    return str(item["id"]) if isinstance(item, dict) and item.get("id") else ""


def _words(answer: requests.Response) -> str:
    try:
        body = json_of(answer)
    except Unreachable as error:
        return error.why
    told = body.get("error") if isinstance(body, dict) else None
    return " ".join(map(str, told)) if isinstance(told, list) else str(told or f"status {answer.status_code}")


def _id(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise PsaRefused("not an id", f"'{text}' is no id of Syncro, whose ids are numbers.")
    return int(text)


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _number(value: object) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
